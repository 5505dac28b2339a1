import { thread } from 'fearless'

export function run(): void {
  function nest(depth: number): number {
    return depth === 0 ? 0 : 1 + thread.spawn((d: number) => nest(d), depth - 1).join().wait()
  }
  nest(2)
}
