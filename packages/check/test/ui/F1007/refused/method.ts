import { thread } from 'fearless'

export class Job {
  work(): number {
    return 1
  }
  start(): void {
    thread.spawn(() => this.work())
  }
}
