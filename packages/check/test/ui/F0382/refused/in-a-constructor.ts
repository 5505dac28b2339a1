import { move, thread } from 'fearless'

export class Worker {
  readonly data: number[]
  constructor(data: number[]) {
    thread.spawn(move(() => data.length))
    this.data = data
  }
}
