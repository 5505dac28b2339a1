import { task } from 'fearless'

export class Job {
  readonly size = 3
  start(): unknown {
    return task.spawn(async () => this.size)
  }
}
