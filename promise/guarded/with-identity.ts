// `with` returns the guarded value, and its caller changes it.
// refused by: run TypeError
import { Mutex } from 'fearless'

const shared = new Mutex({ n: 0 })
const value = await shared.with(inner => inner)
value.n = 1
console.log(await shared.with(inner => inner.n))
