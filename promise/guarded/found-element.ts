// A function returns an element of a guarded list, and its caller changes it.
// refused by: run TypeError
import { Arc, Mutex } from 'fearless'

const users = new Arc(new Mutex([{ id: 1, name: 'ada' }]))
async function find(id: number): Promise<{ id: number; name: string }> {
  using list = await users.lock()
  return list.value.find(user => user.id === id)!
}

const user = await find(1)
user.name = 'grace'
console.log(await users.with(list => list[0]!.name))
