import { thread } from 'fearless'

export function run(): void {
  let n = 1
  n = 2
  thread.spawn(() => n)
}
