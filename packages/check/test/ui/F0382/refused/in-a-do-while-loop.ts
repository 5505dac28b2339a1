import { move, thread } from 'fearless'
declare function more(): boolean

export function run(list: number[]): void {
  do {
    thread.spawn(move(() => list.length))
  } while (more())
}
