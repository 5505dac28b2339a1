import { thread } from 'fearless'

export function run(rows: number[]): void {
  thread.spawn(() => ({ rows }))
}
