import { Mutex } from 'fearless'

export function run(list: Mutex<number[]>): number {
  let values: number[] = []
  {
    using guard = list.lock().wait()
    values = guard.value
    values.push(1)
  }
  values = []
  return values.length
}
