import { drop, mpsc, type Receiver, type Sender } from 'fearless'

class Pump {
  tx?: Sender<number>
  rx?: Receiver<number>
  open(): void {
    ;[this.tx, this.rx] = mpsc.channel<number>()
  }
  close(): void {
    if (this.tx === undefined || this.rx === undefined) return
    drop(this.tx)
    for (const message of this.rx.tryIter()) console.log(message)
    const tx = this.tx as Sender<number>
    tx.send(1)
  }
}

new Pump().close()
