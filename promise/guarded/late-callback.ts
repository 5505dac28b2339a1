// A callback pushes into a guarded list after its release.
// refused by: run TypeError
import { Mutex, drop } from 'fearless'

const shared = new Mutex<number[]>([])
const guard = await shared.lock()
const list = guard.value
queueMicrotask(() => list.push(1))
drop(guard)
await null
console.log(await shared.with(value => value.length))
