import { move, thread } from 'fearless'

export function choose(n: number, data: number[]): number {
  switch (n) {
    case 0:
      thread.spawn(move(() => data.length))
    case 1:
      return data.length
    default:
      return 0
  }
}
