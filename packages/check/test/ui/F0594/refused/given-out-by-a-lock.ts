import { ConcurrentMap, Mutex, RwLock } from 'fearless'

interface User {
  id: number
  hits: number
  tags: string[]
}
const users = new Mutex<User[]>([])
const table = new RwLock(new Map<string, User>())
export async function hit(id: number): Promise<void> {
  const all = await users.with(list => list)
  all.push({ id, hits: 0, tags: [] })
  const found = await users.with(list => list.find(user => user.id === id))
  if (found !== undefined) found.hits++
  const one = table.with(map => map.get('a')).wait()
  one!.tags.push('x')
  ;(await users.with(list => list[0]!)).hits += 1
}
const hits = new Mutex<number[]>([])
const pages = new ConcurrentMap<string, number[]>()
export async function count(): Promise<void> {
  const all = (await hits.update(list => [...list, 1])) as number[]
  all.push(2)
  const page = (await pages.getOrInsert('a', () => [])) as number[]
  page.push(1)
  const same = (await pages.update('a', list => [...(list ?? []), 1])) as number[]
  same.push(1)
}
