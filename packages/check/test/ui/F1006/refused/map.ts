import { move, thread } from 'fearless'

const cache = new Map<string, number>()
export function remember(name: string): void {
  cache.set(name, 1)
}
export function run(): void {
  thread.spawn(move(() => cache.size))
}
