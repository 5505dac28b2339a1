import { drop, mpsc, type Receiver, type Sender } from 'fearless'
export class Channel implements Disposable {
  readonly tx: Sender<string>
  readonly rx: Receiver<string>
  constructor() { [this.tx, this.rx] = mpsc.channel<string>() }
  [Symbol.dispose](): void { drop(this.tx); drop(this.rx) }
}
export function use(): void {
  using channel = new Channel()
  channel.tx.send('a')
}
