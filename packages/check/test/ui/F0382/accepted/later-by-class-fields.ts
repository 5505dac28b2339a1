import { drop, mpsc, type Sender } from 'fearless'
export class Log {
  readonly #tx: Sender<string>
  constructor(tx: Sender<string>) { this.#tx = tx }
  push = (l: string): void => void this.#tx.send(l)
  close = (): void => drop(this.#tx)
}
const [tx, rx] = mpsc.channel<string>()
export class Other {
  push = (l: string): void => void tx.send(l)
  close = (): void => drop(tx)
}
console.log(rx)
