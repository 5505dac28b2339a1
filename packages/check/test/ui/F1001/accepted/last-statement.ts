import { Arc, Mutex, move, thread } from 'fearless'

const counter = new Arc(new Mutex(0))
const handle = thread.spawn(move(() => counter.update(n => n + 1).wait()))
await handle.join()
using n = await counter.lock()
console.log('final count:', n.value)
