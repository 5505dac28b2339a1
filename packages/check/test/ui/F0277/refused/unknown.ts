import { move, thread } from 'fearless'

export function run(input: unknown): void {
  thread.spawn(move(() => String(input)))
}
