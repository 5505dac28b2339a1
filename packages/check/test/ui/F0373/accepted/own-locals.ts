import { thread } from 'fearless'

thread.spawn(() => {
  const data = [1]
  const size = (): number => data.length
  return size()
})
