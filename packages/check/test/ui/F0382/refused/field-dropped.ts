import { drop, mpsc, type Sender } from 'fearless'

export class Ends {
  readonly ends: { tx: Sender<number> }
  constructor(ends: { tx: Sender<number> }, early: boolean) {
    if (early) drop(ends.tx)
    ends.tx.send(1)
    this.ends = ends
  }
}
export const open = (): Ends => new Ends({ tx: mpsc.channel<number>()[0] }, false)
