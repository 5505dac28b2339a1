import { Mutex } from 'fearless'

export function transfer(from: Mutex<number>, to: Mutex<number>): void {
  using f = from.lock().wait()
  using t = to.lock().wait()
  t.value += f.value
}
export function refund(from: Mutex<number>, to: Mutex<number>): void {
  using t = to.lock().wait()
  using f = from.lock().wait()
  f.value += t.value
}
