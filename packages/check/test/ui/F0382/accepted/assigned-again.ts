import { move, thread } from 'fearless'

export function run(): number {
  let data = [1]
  thread.spawn(move(() => data.length))
  data = [2]
  return data.length
}
