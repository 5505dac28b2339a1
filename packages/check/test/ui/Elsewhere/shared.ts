import { Arc, Mutex, mpsc, threadLocal } from 'fearless'

export const counter = new Arc(new Mutex(0))
export function add(n: number): void {
  using value = counter.lock().wait()
  value.value += n
}
export const [tx] = mpsc.channel<number>()
export const own = threadLocal(() => 0)
