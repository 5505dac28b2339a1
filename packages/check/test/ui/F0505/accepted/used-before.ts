import { move, thread } from 'fearless'

export function run(data: number[]): void {
  const size = (): number => data.length
  console.log(size())
  thread.spawn(move(() => data.length))
}
