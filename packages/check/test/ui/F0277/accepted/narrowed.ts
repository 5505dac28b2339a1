import { move, thread } from 'fearless'

export function run(input: string | (() => string)): void {
  if (typeof input === 'function') return
  thread.spawn(move(() => input.length))
}
