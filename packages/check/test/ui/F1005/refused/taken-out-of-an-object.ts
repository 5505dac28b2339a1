import { Arc, Mutex } from 'fearless'

const bank = { from: new Arc(new Mutex(0)), to: new Arc(new Mutex(0)) }
export function run(back: boolean): void {
  const { from, to: target } = bank
  if (back) {
    using b = target.lock().wait()
    using a = bank.from.lock().wait()
    a.value += b.value
  } else {
    using a = from.lock().wait()
    using b = bank.to.lock().wait()
    b.value += a.value
  }
}
