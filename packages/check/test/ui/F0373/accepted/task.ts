import { task } from 'fearless'

export function run(data: number[]): unknown {
  return task.spawn(async () => data.length)
}
