import { thread } from 'fearless'

export function run(): void {
  const data = [1]
  thread.spawn(() => data.length)
}
