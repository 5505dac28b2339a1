// A list is changed after a guard's value was set to it.
// refused by: check F0382, run MovedError
import { Mutex } from 'fearless'

const shared = new Mutex<string[]>([])
const list = ['a']
{
  using guard = await shared.lock()
  guard.value = list
}
list.push('b')
console.log(await shared.with(value => value.length))
