import { thread } from 'fearless'

const ids = {
  last: 0,
  next(): number {
    return ++this.last
  },
}
thread.spawn(() => ids.next())
