import { move, thread } from 'fearless'

export function run(data: number[]): void {
  console.log(data.length)
  thread.spawn(move(() => data.length))
}
