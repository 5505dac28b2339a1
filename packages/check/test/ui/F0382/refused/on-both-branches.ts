import { move, thread } from 'fearless'

export function either(yes: boolean): number {
  const data = [1]
  if (yes) {
    thread.spawn(move(() => data.length))
  } else {
    thread.spawn(move(() => data[0]))
  }
  return data.length
}
