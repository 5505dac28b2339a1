// A module that javascript.ts imports.
import { move, thread } from 'fearless'

export function squared(x) {
  return thread.spawn(move(() => x * x)).join()
}
