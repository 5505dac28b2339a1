import { move, thread } from 'fearless'

export function run(yes: boolean, data: number[]): number {
  const handle = yes && thread.spawn(move(() => data.length))
  return handle ? data.length : 0
}
