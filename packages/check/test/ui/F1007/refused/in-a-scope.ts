import { thread } from 'fearless'

export class Job {
  readonly size = 3
  async start(): Promise<void> {
    await thread.scope(s => {
      s.spawn(() => this.size)
    })
  }
}
