// A guard is used after it was dropped.
// refused by: run DroppedError
import { Mutex, drop } from 'fearless'

const shared = new Mutex([1])
const guard = await shared.lock()
drop(guard)
console.log((guard as { value: number[] }).value.length)
