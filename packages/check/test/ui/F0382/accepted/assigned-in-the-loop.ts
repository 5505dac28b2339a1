import { move, thread } from 'fearless'
declare function more(): boolean

export function run(): void {
  let data = [1]
  while (more()) {
    thread.spawn(move(() => data.length))
    data = [2]
  }
}
