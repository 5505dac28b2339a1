import { move, thread } from 'fearless'

export function choose(n: number, data: number[]): number {
  switch (n) {
    case 0:
      thread.spawn(move(() => data.length))
      break
    case 1:
      return 0
  }
  return data.length
}
