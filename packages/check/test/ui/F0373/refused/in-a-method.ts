import { thread } from 'fearless'

export class Reader {
  start(data: number[]): void {
    thread.spawn(() => data.length)
  }
}
