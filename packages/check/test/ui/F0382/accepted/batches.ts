import { drop, mpsc, type Sender } from 'fearless'
export function send(tx: Sender<string[]>, lines: Iterable<string>): void {
  let batch: string[] = []
  const flush = (): void => {
    tx.send(batch)
    batch = []
  }
  for (const line of lines) {
    batch.push(line)
    if (batch.length === 10) flush()
  }
  if (batch.length > 0) flush()
  drop(tx)
}
export class Batcher {
  #batch: string[] = []
  readonly #tx: Sender<string[]>
  constructor(tx: Sender<string[]>) { this.#tx = tx }
  add(line: string): void {
    this.#batch.push(line)
    if (this.#batch.length === 10) this.flush()
  }
  flush(): void {
    const batch = this.#batch
    this.#batch = []
    this.#tx.send(batch)
  }
  flush2(): void {
    this.#tx.send(this.#batch)
    this.#batch = []
  }
  flush3(): void {
    this.#tx.send(this.#batch.splice(0))
  }
}
const [tx, rx] = mpsc.channel<string[]>()
send(tx, ['a'])
console.log(rx)
