import { thread } from 'fearless'

class Counter {
  n = 0
  next(): number {
    return ++this.n
  }
}
thread.spawn(() => new Counter().next())
