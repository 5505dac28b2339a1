import { Arc, Mutex, move, mpsc, thread, type Mutex as Lock } from 'fearless'

const lock = new Mutex(0)
const hits = new Arc(new Mutex(0))
const alias = lock
const [tx] = mpsc.channel<Lock<number>>()
thread.spawn(move(() => lock.update(n => n + 1).wait()))
thread.spawn(move(() => lock.update(n => n + 1).wait()))
thread.spawn(move(() => alias.update(n => n + 1).wait()))
thread.spawn(m => m.update(n => n + 1).wait(), lock)
tx.send(lock)
console.log(await lock.with(n => n), await hits.with(n => n))
