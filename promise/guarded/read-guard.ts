// The value of a read guard is changed.
// refused by: run TypeError
import { RwLock } from 'fearless'

const shared = new RwLock([1])
let list: number[]
{
  using guard = await shared.read()
  list = guard.value as number[]
}
list.push(2)
console.log(await shared.with(value => value.length))
