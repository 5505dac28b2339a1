import { move, thread } from 'fearless'

export function run(yes: boolean, data: number[]): number {
  const size = (): number => data.length
  if (yes) {
    thread.spawn(move(() => data.length))
    return 0
  }
  return size()
}
