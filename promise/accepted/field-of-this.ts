// A field that gets a new value, here or in another method, is that value.
// prints: a,b | c | 0
import { drop, mpsc, type Sender } from 'fearless'

class Batcher {
  #batch: string[] = []
  readonly #tx: Sender<string[]>
  constructor(tx: Sender<string[]>) {
    this.#tx = tx
  }
  add(line: string): void {
    this.#batch.push(line)
    if (this.#batch.length === 2) this.flush()
  }
  flush(): void {
    this.#tx.send(this.#batch)
    this.#reset()
  }
  #reset(): void {
    this.#batch = []
  }
  close(): number {
    this.flush()
    drop(this.#tx)
    return this.#batch.length
  }
}

const [tx, rx] = mpsc.channel<string[]>()
const batcher = new Batcher(tx)
for (const line of ['a', 'b', 'c']) batcher.add(line)
const left = batcher.close()
const lists: string[] = []
for await (const list of rx) lists.push(String(list))
console.log([...lists, left].join(' | '))
