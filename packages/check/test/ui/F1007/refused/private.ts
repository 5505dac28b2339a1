import { move, thread } from 'fearless'

export class Job {
  readonly #size = 3
  start(): void {
    thread.spawn(move(() => this.#size))
  }
}
