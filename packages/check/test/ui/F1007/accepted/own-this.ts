import { thread } from 'fearless'

thread.spawn(() => {
  class Counter {
    n = 0
    next(): number {
      return ++this.n
    }
  }
  return new Counter().next()
})
