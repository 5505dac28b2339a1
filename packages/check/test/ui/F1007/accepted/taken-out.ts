import { move, thread } from 'fearless'

export class Job {
  readonly size = 3
  start(): void {
    const { size } = this
    thread.spawn(move(() => size))
  }
}
