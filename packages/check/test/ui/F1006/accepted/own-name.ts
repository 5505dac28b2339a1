import { thread } from 'fearless'

let level = 0
export function raise(): void {
  level += 1
}
thread.spawn(() => {
  const level = 1
  return level
})
