import { Mutex, RwLock } from 'fearless'

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
