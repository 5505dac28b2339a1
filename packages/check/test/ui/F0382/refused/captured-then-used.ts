import { move, thread } from 'fearless'

export function total(): number {
  const data = [1, 2, 3]
  thread.spawn(move(() => data.length))
  return data.length
}
