import { thread } from 'fearless'

const words = ['a', 'b']
export function run(): void {
  thread.spawn(() => words.length)
}
