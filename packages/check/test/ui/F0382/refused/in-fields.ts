import { move, thread } from 'fearless'

export function jobs(data: number[]): unknown {
  return class Job {
    readonly handle = thread.spawn(move(() => data.length))
    readonly size = data.length
  }
}
