// Changes through a guard and inside of `with` take effect.
// prints: 3 2
import { Mutex, RwLock } from 'fearless'

const users = new Mutex([{ name: 'ada', logins: [1] }])
{
  using guard = await users.lock()
  const [first] = guard.value
  first!.logins.push(2)
}
await users.with(list => {
  list[0]!.logins.push(3)
})
const prices = new RwLock(new Map([['tea', 1]]))
{
  using guard = await prices.write()
  guard.value.set('milk', 2)
}
const size = await prices.with(value => value.size)
console.log(await users.with(list => list[0]!.logins.length), size)
