import { Mutex } from 'fearless'

export function run(list: Mutex<number[]>): number {
  return list.with(values => values.length).wait()
}
