import { thread } from 'fearless'

thread.spawn(() => {
  let n = 0
  n += 1
  const list: number[] = []
  list.push(n)
  return list
})
