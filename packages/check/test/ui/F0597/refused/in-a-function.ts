import { Mutex } from 'fearless'

export function run(list: Mutex<Map<string, number>>): number {
  let table: Map<string, number> | undefined
  {
    using guard = list.lock().wait()
    table = guard.value
  }
  return table.size
}
