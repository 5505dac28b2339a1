import { move, thread } from 'fearless'

export function run(spawn: typeof thread.spawn | undefined, data: number[]): number {
  if (spawn) thread.spawn(move(() => data.length))
  return data.at(0) ?? 0
}
