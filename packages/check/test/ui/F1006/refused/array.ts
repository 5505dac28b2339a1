import { thread } from 'fearless'

const seen: string[] = []
export function see(name: string): void {
  seen.push(name)
}
thread.spawn(() => seen.length)
