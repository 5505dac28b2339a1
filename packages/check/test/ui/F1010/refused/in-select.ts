import { Mutex, select, sleep } from 'fearless'

const count = new Mutex(0)
export async function add(): Promise<number> {
  const first = await select({ guard: count.lock(), late: sleep(5) })
  if (first.key === 'guard') first.value.value += 1
  const { key } = await select({ guard: count.lock(), late: sleep(5) })
  await select({ guard: count.lock(), late: sleep(5) })
  return key.length
}
