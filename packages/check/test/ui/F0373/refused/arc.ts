import { Arc, Mutex, thread } from 'fearless'

export function count(): void {
  const counter = new Arc(new Mutex(0))
  thread.spawn(() => counter.update(n => n + 1).wait())
}
