import { thread } from 'fearless'

thread.spawn(() => {
  const own = {
    n: 1,
    get(): number {
      return this.n
    },
  }
  return own.get()
})
