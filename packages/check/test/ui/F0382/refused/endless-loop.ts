import { move, thread } from 'fearless'
declare function stop(): boolean

export function run(list: number[]): void {
  for (;;) {
    thread.spawn(move(() => list.length))
    if (stop()) break
  }
}
