import { move, thread } from 'fearless'

export function both(words: string[]): void {
  thread.spawn(move(() => words.length))
  thread.spawn(move(() => words.join(' ')))
}
