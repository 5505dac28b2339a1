import { thread } from 'fearless'

export function run(n: number): void {
  thread.spawn(() => n + 1)
}
