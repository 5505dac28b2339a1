import { move, thread } from 'fearless'

export function run(key: symbol): void {
  thread.spawn(move(() => key.description))
}
