import { thread } from 'fearless'

export function run(data: number[]): void {
  thread.spawn(() => data.length)
}
