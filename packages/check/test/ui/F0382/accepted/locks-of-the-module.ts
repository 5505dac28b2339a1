import { Mutex, move, thread } from 'fearless'
const lock = new Mutex(0)
const a = thread.spawn(move(() => lock.update(n => n + 1).wait()))
const b = thread.spawn(move(() => lock.update(n => n + 1).wait()))
await a.join(); await b.join()
console.log(await lock.with(n => n))
