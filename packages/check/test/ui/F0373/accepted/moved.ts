import { move, thread } from 'fearless'

export function run(data: number[], n: number): void {
  thread.spawn(move(() => data.length + n))
}
