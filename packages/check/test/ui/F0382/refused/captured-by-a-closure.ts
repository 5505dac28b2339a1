import { move, thread } from 'fearless'

export function start(data: number[]): () => number {
  thread.spawn(move(() => data.length))
  return () => data.length
}
