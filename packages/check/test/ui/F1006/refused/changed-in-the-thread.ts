import { thread } from 'fearless'

const table = new Map<string, number>()
thread.spawn(() => {
  table.set('a', 1)
})
export const size = (): number => table.size
