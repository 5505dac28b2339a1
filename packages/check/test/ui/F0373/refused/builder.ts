import { thread } from 'fearless'

export function run(data: number[]): void {
  thread.builder({ name: 'reader' }).spawn(() => data.length)
}
