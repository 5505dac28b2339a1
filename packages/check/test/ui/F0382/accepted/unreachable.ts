import { move, thread } from 'fearless'
declare function work(): void

export function run(data: number[]): void {
  thread.spawn(move(() => data.length))
  for (;;) work()
}
