import { move, mpsc, thread, type Sender } from 'fearless'

export class Store {
  rows: number[] = []
  readonly #names: string[] = []
  #open: number[] = []
  readonly #tx: Sender<string[]>
  constructor(tx: Sender<string[]>) {
    this.#tx = tx
  }
  taken(): number {
    const { rows } = this
    thread.spawn(move(() => rows.push(1)))
    return this.rows.length
  }
  named(): number {
    const rows = this.rows
    thread.spawn(move(() => rows.push(1)))
    console.log('started')
    return this.rows.length
  }
  async awaited(): Promise<number> {
    const { rows: mine } = this
    await thread.spawn(move(() => mine.push(1)))
    return this.rows.length
  }
  send(): void {
    this.#tx.send(this.#names)
    this.#names.push('a')
  }
  inALoop(lists: string[][]): void {
    for (const list of lists) {
      list.push('end')
      this.#tx.send(this.#names)
    }
  }
  afterAnArrow(): void {
    const send = (): void => this.#tx.send(this.#names)
    send()
  }
  open(): number {
    const open = this.#open
    thread.spawn(move(() => open.length))
    return this.#open.length
  }
  reset(): void {
    this.#open = []
  }
}

export function destructured(pair: { job: { bytes: number[] } }): number {
  const {
    job: { bytes },
  } = pair
  const [tx, rx] = mpsc.channel<number[]>()
  tx.send(bytes)
  console.log(rx)
  return pair.job.bytes.length
}
