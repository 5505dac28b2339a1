import { Arc, Mutex, move, mpsc, thread } from 'fearless'

export class Job {
  readonly total = new Arc(new Mutex(0))
  readonly #channel = mpsc.channel<number>()
  static readonly shared = new Arc([1])
  start(): void {
    const { total } = this
    thread.spawn(move(() => total.update(n => n + 1).wait()))
    thread.spawn(move(() => total.update(n => n + 1).wait()))
    this.#channel[0].send(1)
  }
}
