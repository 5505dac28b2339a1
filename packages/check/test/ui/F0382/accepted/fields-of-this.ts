import { move, thread, type Sender } from 'fearless'

export class Store {
  #rows: number[] = []
  other: number[] = []
  readonly #tx: Sender<number[]>
  constructor(tx: Sender<number[]>) {
    this.#tx = tx
  }
  filledByAMethod(): number {
    this.#tx.send(this.#rows)
    this.#reset()
    return this.#rows.length
  }
  filledByACallback(): number {
    this.#tx.send(this.#rows)
    ;[1].forEach(() => (this.#rows = []))
    return this.#rows.length
  }
  async filledMeanwhile(): Promise<number> {
    const { other } = this
    await thread.spawn(move(() => other.push(1)))
    return this.other.length
  }
  filledUnderAnotherName(): number {
    const self = this
    this.#tx.send(this.#rows)
    self.other = []
    self.#rows = []
    return this.#rows.length
  }
  *filledBetween(): Generator<number> {
    this.#tx.send(this.#rows)
    yield 1
    yield this.#rows.length
  }
  newValue(): number {
    const { other } = this
    this.other = []
    thread.spawn(move(() => other.push(1)))
    return this.other.length
  }
  swapped(): void {
    const rows = this.#rows
    this.#rows = this.other
    this.#tx.send(rows)
    this.#rows.push(1)
  }
  fill(): void {
    this.other = []
  }
  #reset(): void {
    this.#rows = []
  }
}
