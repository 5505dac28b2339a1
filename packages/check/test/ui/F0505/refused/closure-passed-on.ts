import { move, thread } from 'fearless'
declare function later(f: () => number): void

export function run(data: number[]): void {
  const size = (): number => data.length
  thread.spawn(move(() => data.length))
  later(size)
}
