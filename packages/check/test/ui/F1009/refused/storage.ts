import { move, thread } from 'fearless'

export function run(key: string): void {
  thread.spawn(move(() => localStorage.getItem(key)))
}
