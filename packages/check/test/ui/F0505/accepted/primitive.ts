import { move, thread } from 'fearless'

export function run(n: number): number {
  const twice = (): number => n * 2
  thread.spawn(move(() => n))
  return twice()
}
