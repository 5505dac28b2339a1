// A list is changed beside the Mutex that it was given to.
// refused by: check F0382, run MovedError
import { Mutex } from 'fearless'

const users = ['ada']
const shared = new Mutex(users)
users.push('grace')
console.log(await shared.with(list => list.length))
