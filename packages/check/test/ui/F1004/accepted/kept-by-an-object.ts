import { mpsc } from 'fearless'

export class Bus {
  readonly #tx
  constructor() {
    const [tx, rx] = mpsc.channel<number>()
    this.#tx = tx
    void (async () => {
      for await (const value of rx) console.log(value)
    })()
  }
  close(): void {
    this.#tx[Symbol.dispose]()
  }
}
