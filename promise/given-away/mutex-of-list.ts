// A list is changed after it was moved into a Mutex.
// refused by: check F0382, run MovedError
import { Mutex } from 'fearless'

const users = ['ada']
const shared = new Mutex(users)
users.push('grace')
console.log(await shared.with(list => list.length))
