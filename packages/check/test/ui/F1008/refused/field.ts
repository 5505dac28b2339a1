import { Mutex } from 'fearless'

export class Account {
  readonly #balance = new Mutex(0)
  add(n: number): void {
    using guard = this.#balance.lock().wait()
    using again = this.#balance.lock().wait()
    guard.value = again.value + n
  }
}
