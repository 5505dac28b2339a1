// A Map is changed after it was moved into an RwLock.
// refused by: check F0382, run MovedError
import { RwLock } from 'fearless'

const prices = new Map([['tea', 3]])
const shared = new RwLock(prices)
prices.set('tea', 4)
using now = await shared.read()
console.log(now.value.get('tea'))
