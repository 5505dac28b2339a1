import { move, thread } from 'fearless'

export function* run(data: number[]): Generator<number> {
  yield data.length
  thread.spawn(move(() => data.length))
  yield data.length
}
