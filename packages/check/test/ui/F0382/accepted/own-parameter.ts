import { move, thread } from 'fearless'

export function run(): number {
  const data = [1]
  thread.spawn(move((data: number[]) => data.length), [2])
  return data.length
}
