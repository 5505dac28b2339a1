import { move, thread } from 'fearless'

export function run(_n: number): void {
  thread.spawn(move(() => arguments.length))
}
