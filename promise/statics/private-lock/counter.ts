import { Mutex } from 'fearless'

class Counter {
  readonly #n = new Mutex(0)
  inc(): void {
    this.#n.update(n => n + 1).wait()
  }
  value(): number {
    return this.#n.with(n => n).wait()
  }
}

export const counter = new Counter()
