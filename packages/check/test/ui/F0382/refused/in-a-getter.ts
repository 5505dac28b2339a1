import { move, thread } from 'fearless'

export class Worker {
  get size(): number {
    const data = [1]
    thread.spawn(move(() => data.length))
    return data.length
  }
}
