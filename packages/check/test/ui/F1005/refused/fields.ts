import { Mutex } from 'fearless'

export class Bank {
  readonly from = new Mutex(0)
  readonly to = new Mutex(0)
  there(): void {
    using f = this.from.lock().wait()
    using t = this.to.lock().wait()
    t.value += f.value
  }
  back(): void {
    using t = this.to.lock().wait()
    using f = this.from.lock().wait()
    f.value += t.value
  }
}
