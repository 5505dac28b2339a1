import { Arc, Mutex } from 'fearless'

const lock = new Mutex(0)
const shared = new Arc(lock)
using n = await lock.lock()
console.log(n.value, shared)
