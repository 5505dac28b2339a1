import { move, thread } from 'fearless'

declare const value: { title: any }
export function run(): void {
  const input = value
  thread.spawn(move(() => input.title))
}
