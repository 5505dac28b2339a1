import { move, thread } from 'fearless'

export function run(n: number, s: string, b: boolean, i: bigint, u: undefined, l: 'a' | 'b'): unknown[] {
  thread.spawn(move(() => [n, s, b, i, u, l]))
  return [n, s, b, i, u, l]
}
