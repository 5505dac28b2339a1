import { move, thread } from 'fearless'

export function run(n: number): void {
  const twice = (x: number): number => x * 2
  thread.spawn(move(() => twice(n)))
}
