// Locks, barriers and atomics of all kinds, between threads that block and main that awaits.
import {
  Arc,
  AtomicBool,
  AtomicF64,
  AtomicI64,
  AtomicU8,
  Barrier,
  Condvar,
  LazyLock,
  Mutex,
  Once,
  OnceLock,
  ReentrantMutex,
  RwLock,
  Semaphore,
  WaitGroup,
  drop,
  move,
  thread,
} from 'fearless'

const lock = new Arc(new RwLock({ a: 0, b: 0 }))
const writers = [0, 1].map(() =>
  thread.spawn(
    move(() => {
      for (let i = 0; i < 500; i++) {
        using w = lock.write().wait()
        w.value.a++
        w.value.b++
      }
    }),
  ),
)
let equal = true
for (let i = 0; i < 200; i++) {
  using r = await lock.read()
  equal &&= r.value.a === r.value.b
}
for (const t of writers) await t.join()
{
  using u = await lock.upgradableRead()
  using w = await u.upgrade()
  console.log(equal, w.value.a) //=> true 1000
  using r = w.downgrade()
  console.log(r.value.b) //=> 1000
}

const pair = new Arc({ count: new Mutex(0), news: new Condvar(), place: new Barrier(3) })
const players = [0, 1].map(() =>
  thread.spawn(
    move(() => {
      const { count, news, place } = pair.value
      count.update(n => n + 1).wait()
      news.notifyAll()
      return place.arrive().wait().isLeader ? 1 : 0
    }),
  ),
)
{
  using g = await pair.value.count.lock()
  await pair.value.news.until(g, n => n === 2)
  console.log(g.value) //=> 2
}
let leaders = (await pair.value.place.arrive()).isLeader ? 1 : 0
for (const t of players) leaders += await t.join()
console.log(leaders) //=> 1

const [byte, half, big, flag] = [new AtomicU8(250), new AtomicF64(0), new AtomicI64(0n), new AtomicBool(false)]
const [group, semaphore, again] = [new WaitGroup(), new Semaphore(2), new Arc(new ReentrantMutex<string[]>([]))]
for (let id = 0; id < 4; id++) {
  const mine = group.clone()
  thread.spawn(
    move(() => {
      using _permit = semaphore.acquire().wait()
      byte.fetchAdd(2)
      half.fetchAdd(0.5)
      big.fetchAdd(2n ** 40n)
      flag.store(true)
      using a = again.lock().wait()
      using b = again.lock().wait()
      a.value.push('a')
      b.value.push('b')
      drop(mine)
    }),
  )
}
await group.finished()
using all = await semaphore.acquire(2)
console.log(byte.load(), half.load(), big.load(), flag.load(), all.permits) //=> 2 2 4398046511104n true 2
{
  using g = await again.lock()
  console.log(g.value.length) //=> 8
}

const [once, cell] = [new Once(), new OnceLock<{ n: number }>()]
const lazy = new LazyLock(move(() => [1, 2, 3]))
const t = thread.spawn(
  move(() => [once.callOnce(() => {}).wait(), cell.getOrInit(() => ({ n: 5 })).wait().n, lazy.force().wait().length]),
)
console.log(await t.join()) //=> [ true, 5, 3 ]
console.log(await once.callOnce(() => {}), cell.get()?.n, lazy.get()?.length) //=> false 5 3

const arc = new Arc({ n: 1 })
const weak = Arc.downgrade(arc)
console.log(weak.upgrade()?.value.n, Arc.strongCount(arc)) //=> 1 2
console.log(Arc.tryUnwrap(new Arc({ n: 2 }))?.n) //=> 2
