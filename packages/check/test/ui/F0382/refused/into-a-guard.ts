import { Mutex, RwLock } from 'fearless'

const names = new Mutex<string[]>([])
const table = new RwLock<{ rows: number[] }>({ rows: [] })
export async function replace(list: string[], rows: number[]): Promise<void> {
  {
    using guard = await names.lock()
    guard.value = list
  }
  list.push('late')
  using writer = await table.write()
  writer.value = { rows }
  rows.push(1)
}
