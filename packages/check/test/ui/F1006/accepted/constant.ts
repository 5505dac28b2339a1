import { thread } from 'fearless'

const limits = { low: 1, high: 2 }
export function run(): void {
  thread.spawn(() => limits.low)
}
