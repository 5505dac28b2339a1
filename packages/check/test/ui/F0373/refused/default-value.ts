import { thread } from 'fearless'

export function run(n: number): void {
  thread.spawn((m: number = n) => m)
}
