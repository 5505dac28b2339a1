import { EventEmitter, once } from 'node:events'
import { drop, move, mpsc, thread, type Sender } from 'fearless'
export class Tail extends EventEmitter {
  #tx: Sender<string> | undefined
  start(): void {
    const [tx, rx] = mpsc.channel<string>()
    this.#tx = tx
    thread.spawn(move(() => { for (const line of rx) console.log(line) }))
    this.on('line', (line: string) => this.#tx?.send(line))
    this.once('close', () => this.stop())
  }
  stop(): void {
    if (this.#tx === undefined) return
    drop(this.#tx)
    this.#tx = undefined
  }
}
const tail = new Tail()
tail.start()
await once(tail, 'close')
