import { thread } from 'fearless'

let level = 0
export function raise(): number {
  thread.spawn(() => 1)
  return ++level
}
