import { move, thread } from 'fearless'

export function run(error: TypeError): void {
  thread.spawn(move(() => error.message))
}
