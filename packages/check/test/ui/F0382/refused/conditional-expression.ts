import { move, thread } from 'fearless'

export function run(yes: boolean, data: number[]): number {
  const handle = yes ? thread.spawn(move(() => data.length)) : undefined
  return data.length + (handle ? 1 : 0)
}
