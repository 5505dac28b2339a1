import { thread } from 'fearless'

let level = 0
export function raise(): void {
  level += 1
}
thread.spawn(() => level)
