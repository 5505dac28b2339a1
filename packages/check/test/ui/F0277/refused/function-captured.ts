import { move, thread } from 'fearless'

export function run(callback: () => number): void {
  thread.spawn(move(() => callback()))
}
