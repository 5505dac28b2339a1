import { move, thread } from 'fearless'

export function run(data: number[]): number {
  try {
    thread.spawn(move(() => data.length))
  } catch {
    return 0
  }
  return data.length
}
