import { move, thread } from 'fearless'

export function nest(depth: number): number {
  return depth === 0 ? 0 : 1 + thread.spawn(move(() => nest(depth - 1))).join().wait()
}
