import { move, thread } from 'fearless'

export function run<T extends object>(items: T[]): number {
  thread.spawn(move(() => items.length))
  return items.length
}
