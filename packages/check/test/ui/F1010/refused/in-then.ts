import { Mutex, RwLock } from 'fearless'

const count = new Mutex(0)
const table = new RwLock(new Map<string, number>())
export async function add(): Promise<unknown> {
  await count.lock().then(g => {
    g.value += 1
  })
  void count.lock().then(() => console.log('locked'))
  return await table.read().then(({ value }) => value.size)
}
