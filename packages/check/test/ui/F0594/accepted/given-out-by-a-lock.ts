import { Mutex } from 'fearless'

interface User {
  id: number
  hits: number
}
const users = new Mutex<User[]>([])
export async function hit(id: number): Promise<number> {
  const snapshot = await users.with(list => list)
  const copies = await users.with(list => list.map(user => ({ ...user })))
  copies.push({ id, hits: 1 })
  const count = await users.with(list => list.length)
  await users.with(list => {
    list.push({ id, hits: 0 })
    return list
  })
  await users.update(list => [...list, { id, hits: 1 }])
  return snapshot.length + copies.length + count
}
