import { Mutex } from 'fearless'

export class Registry {
  static #names: Mutex<number[]>
  static {
    this.#names = new Mutex<number[]>([])
  }
  static add(): void {
    this.#names
      .with(names => {
        names.push(1)
      })
      .wait()
  }
  static size(): number {
    return this.#names.with(names => names.length).wait()
  }
}
