// A lock that a module makes is one lock in all threads, however it is made and whichever thread is the first.
import { AtomicI32, Mutex, move, thread } from 'fearless'
import byDefault, { Stats, cells, counter, late, made, total } from './statics-of.ts'
import { plain } from './statics-plain.ts'

const own = new Mutex(0)
const mine = total
const atomic = new AtomicI32(0)

function add(): void {
  const inc = (n: number): number => n + 1
  total.update(inc).wait()
  late.update(inc).wait()
  made.update(inc).wait()
  plain.update(inc).wait()
  byDefault.update(inc).wait()
  own.update(inc).wait()
  cells.with(v => v.set(0, v.get(0) + 1)).wait()
  Stats.hits.fetchAdd(1)
  Stats.misses.fetchAdd(1)
  atomic.fetchAdd(1)
  counter.inc()
}

const threads = Array.from({ length: 3 }, () =>
  thread.spawn(() => {
    for (let i = 0; i < 100; i++) add()
  }),
)
for (const handle of threads) await handle.join()
await thread.spawn(move(() => mine.update(n => n + 1).wait())).join()

const read = (n: number): number => n
const locks = [total, late, made, plain, byDefault, own]
console.log(locks.map(lock => lock.update(read).wait()).join(' ')) //=> 301 300 300 300 300 300
console.log(await cells.with(v => v.get(0)), Stats.hits.load(), Stats.misses.load(), atomic.load(), counter.get()) //=> 300 300 300 300 300
