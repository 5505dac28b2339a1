import { move, thread } from 'fearless'

export function run(cache: WeakMap<object, string>): void {
  thread.spawn(move(() => cache.has({})))
}
