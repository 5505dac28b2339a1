import { Arc, Mutex, ReentrantMutex, RwLock } from 'fearless'

interface User {
  name: string
}
export function share(users: User[], table: Map<string, User>, list: number[], one: User): unknown {
  const locked = new Mutex(users)
  users.push({ name: 'late' })
  const read = new RwLock(table)
  table.clear()
  const again = new ReentrantMutex({ list })
  list.push(1)
  const arc = new Arc(one)
  return [locked, read, again, arc, one.name]
}
