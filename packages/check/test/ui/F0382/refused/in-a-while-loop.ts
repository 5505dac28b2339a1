import { move, thread } from 'fearless'
declare function more(): boolean

export function run(list: number[]): void {
  while (more()) thread.spawn(move(() => list.length))
}
