// A guarded Map is changed after the release.
// refused by: run ReadonlyError
import { Mutex } from 'fearless'

const shared = new Mutex(new Map([['a', 1]]))
const map = await shared.with(value => value)
map.set('b', 2)
console.log(await shared.with(value => value.size))
