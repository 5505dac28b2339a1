import { move, thread } from 'fearless'

export function run(data: number[]): number {
  {
    const data = [1]
    thread.spawn(move(() => data.length))
  }
  return data.length
}
