import { thread } from 'fearless'

export function run(data: number[]): void {
  const size = (): number => data.length
  thread.spawn(() => size() + 1)
}
