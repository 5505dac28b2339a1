import { Mutex, drop, select, sleep, type Guard } from 'fearless'

const count = new Mutex(0)
const finish = (g: Guard<number>): void => drop(g)
export async function add(): Promise<void> {
  await count.lock().then(g => {
    g.value += 1
    drop(g)
  })
  await count.lock().then(g => {
    using guard = g
    guard.value += 1
  })
  await count.lock().then(g => g[Symbol.dispose]())
  await count.lock().then(finish)
  await count.lock().then(g => finish(g))
  const kept = await count.lock().then(g => g)
  drop(kept)
}
export async function choose(): Promise<void> {
  const first = await select({ guard: count.lock(), late: sleep(5) })
  if (first.key === 'guard') {
    using guard = first.value
    guard.value += 1
  }
  const second = await select({ guard: count.lock(), late: sleep(5) })
  if (second.key === 'guard') drop(second.value)
  const { key, value } = await select({ guard: count.lock(), late: sleep(5) })
  if (key === 'guard') finish(value)
}
