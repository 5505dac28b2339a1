import { AtomicI32, Mutex, mpsc, parIter, sleep, task, type Wait } from 'fearless'

const [tx, rx] = mpsc.channel<number>(2)
const count = new Mutex(0)
const numbers = [1, 2, 3]
await Promise.all(numbers.map(n => tx.send(n)))
numbers.forEach(async n => await tx.send(n))
numbers.forEach(async n => tx.send(n))
const [unbounded] = mpsc.channel<number>()
numbers.forEach(n => unbounded.send(n))
setTimeout(() => sleep(5).then(() => console.log('later')), 1)
await Promise.resolve(1).then(() => sleep(5))
await Promise.resolve(1).finally(() => sleep(5))
const hits = new AtomicI32(0)
numbers.forEach(n => hits.fetchAdd(n))
const all = numbers.map(n => count.update(m => m + n))
for (const each of all) await each
await task.spawn(() => sleep(1)).join()
const run = (f: () => Wait<number>): Wait<number> => f()
await run(() => count.update(n => n))
numbers.forEach(n => count.update(m => m + n).wait())
await parIter(numbers).map(x => x * 2).collect()
console.log(rx.recv().try())
