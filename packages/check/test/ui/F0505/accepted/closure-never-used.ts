import { move, thread } from 'fearless'

export function run(data: number[]): void {
  const size = (): number => data.length
  void size
  thread.spawn(move(() => data.length))
}
