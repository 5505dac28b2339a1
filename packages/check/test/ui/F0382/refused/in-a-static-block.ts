import { move, thread } from 'fearless'

export class Worker {
  static {
    const data = [1]
    thread.spawn(move(() => data.length))
    console.log(data)
  }
}
