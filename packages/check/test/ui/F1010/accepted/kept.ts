import { Mutex, type Guard } from 'fearless'

export class Holder {
  #guard: Guard<number> | undefined
  take(total: Mutex<number>): void {
    this.#guard = total.lock().wait()
  }
  give(): void {
    this.#guard?.[Symbol.dispose]()
  }
}
