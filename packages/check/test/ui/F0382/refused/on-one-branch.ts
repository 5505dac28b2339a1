import { move, thread } from 'fearless'

export function maybe(yes: boolean): number {
  const data = [1]
  if (yes) thread.spawn(move(() => data.length))
  return data.length
}
