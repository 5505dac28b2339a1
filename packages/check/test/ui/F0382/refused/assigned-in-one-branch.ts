import { move, thread } from 'fearless'

export function run(again: boolean): number {
  let data = [1]
  thread.spawn(move(() => data.length))
  if (again) data = [2]
  return data.length
}
