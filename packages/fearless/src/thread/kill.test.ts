/**
 * Workers die at any moment: every join settles, channels close, locks are poisoned or free, and messages are
 * undamaged. Later threads go on, and no worker, slot, handle or waiter is left over.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Arc,
  AtomicI32,
  Barrier,
  Condvar,
  drop,
  move,
  mpsc,
  Mutex,
  Once,
  OnceLock,
  PanicError,
  PoisonError,
  ReentrantMutex,
  RwLock,
  select,
  Semaphore,
  sleep,
  struct,
  thread,
  type Sender,
  WaitGroup,
} from 'fearless'
import { self } from '../../dist/internal.js'
import { allPanic, each, killAll, nothingIsLeft, scenario, victims, VICTIMS, wait, waitBy } from './kill.fixture.ts'
import { check, parcel, type Parcel } from './parcel.fixture.ts'

const limit = { timeout: 90_000 }

scenario('locking and unlocking', async () => {
  const mutex = new Arc(new Mutex({ a: 0, b: 0, text: '' }))
  const where = victims()
  const handles = where.map(at =>
    thread.spawn(
      move(() => {
        at.store(self)
        for (;;) {
          try {
            mutex
              .with(v => {
                v.a += 1
                v.text = 'x'.repeat(v.a % 100)
                v.b += 1
              })
              .wait()
          } catch {
            mutex.clearPoison()
          }
        }
      }),
    ),
  )
  killAll(where)
  await allPanic(handles)
  let value: { a: number; b: number; text: string }
  try {
    value = await wait(mutex.with(v => v))
  } catch (error) {
    assert.ok(error instanceof PoisonError)
    mutex.clearPoison()
    value = await wait(mutex.with(v => v))
  }
  assert.equal(value.a, value.b)
  assert.equal(value.text.length, value.a % 100)
})

scenario('writing to a struct in a lock', async () => {
  const Stats = struct({ a: struct.u32, text: struct.str, b: struct.u32 })
  const mutex = new Arc(new Mutex(Stats({ a: 0, text: '', b: 0 })))
  const where = victims()
  const handles = where.map((at, i) =>
    thread.spawn(
      move(() => {
        at.store(self)
        for (let n = 0; ; n++) {
          try {
            using g = mutex.lock().wait()
            g.value.a = n
            // The text is longer now and then, so that the struct moves.
            g.value.text = `${i}`.repeat(n % 1000 === 0 ? n : n % 50)
            if (n % 100 === 99) g.value = Stats({ a: n, text: '', b: n })
          } catch (error) {
            if (!(error instanceof PoisonError)) throw error
            mutex.clearPoison()
          }
        }
      }),
    ),
  )
  killAll(where)
  await allPanic(handles)
  mutex.clearPoison()
  const { a, text, b } = await wait(mutex.with(value => Stats(value)))
  assert.equal(typeof a + typeof text + typeof b, 'numberstringnumber')
  // A damaged text has parts of several victims; an undamaged one has parts of one.
  assert.match(text, /^[0-5]*$/)
  assert.equal(await wait(mutex.with(value => (value.text = 'whole'))), 'whole')
})

scenario('holding a lock that other threads wait for', async () => {
  const mutex = new Arc(new Mutex(0))
  const where = victims()
  const handles = where.map(at =>
    thread.spawn(
      move(() => {
        const guard = (() => {
          try {
            return mutex.lock().wait()
          } catch (error) {
            return (error as PoisonError<{ value: number }>).guard
          }
        })()
        guard.value += 1
        at.store(self)
        thread.park().wait()
      }),
    ),
  )
  killAll(where)
  await allPanic(handles)
  assert.equal(mutex.isPoisoned, true)
  mutex.clearPoison()
  assert.equal(await wait(mutex.update(n => n)), VICTIMS)
})

scenario('reading, writing and upgrading an RwLock', async () => {
  const lock = new Arc(new RwLock({ a: 0, b: 0 }))
  const where = victims()
  const handles = where.map((at, i) =>
    thread.spawn(
      move(() => {
        at.store(self)
        for (let n = 0; ; n++) {
          try {
            if ((n + i) % 3 === 0) {
              using w = lock.write().wait()
              w.value.a++
              w.value.b++
            } else if ((n + i) % 3 === 1) {
              using u = lock.upgradableRead().wait()
              if (u.value.a !== u.value.b) throw new Error('half written')
              using w = u.upgrade().wait()
              w.value.a++
              w.value.b++
              drop(w.downgrade())
            } else {
              using r = lock.read().wait()
              if (r.value.a !== r.value.b) throw new Error('half written')
            }
          } catch (error) {
            if (!(error instanceof PoisonError)) throw error
            lock.clearPoison()
          }
        }
      }),
    ),
  )
  killAll(where)
  await allPanic(handles)
  lock.clearPoison()
  const { a, b } = await wait(lock.with(v => v))
  assert.equal(a, b)
})

scenario('holding a read lock that a writer waits for', async () => {
  const lock = new Arc(new RwLock(0))
  const where = victims()
  const handles = where.map((at, i) =>
    thread.spawn(
      move(() => {
        const guard = i === 0 ? lock.upgradableRead().wait() : lock.read().wait()
        at.store(self)
        thread.park().wait()
        drop(guard)
      }),
    ),
  )
  while (where.some(at => at.load() === 0)) thread.yieldNow().wait()
  const writer = thread.spawn(move(() => lock.update(n => n + 1).wait()))
  killAll(where)
  assert.equal(await wait(writer.join()), 1)
  assert.equal(lock.isPoisoned, false)
  await allPanic(handles)
})

scenario('waiting for and notifying a condition variable', async () => {
  const shared = new Arc({ count: new Mutex(0), news: new Condvar() })
  const where = victims()
  const handles = where.map((at, i) =>
    thread.spawn(
      move(() => {
        const { count, news } = shared.value
        at.store(self)
        for (;;) {
          try {
            using g = count.lock().wait()
            if (i % 2 === 0) news.until(g, n => n > 0).wait(1)
            g.value = i % 2 === 0 ? 0 : g.value + 1
            if (i % 2 !== 0) news.notifyAll()
          } catch (error) {
            if (error instanceof PoisonError) count.clearPoison()
          }
        }
      }),
    ),
  )
  killAll(where)
  await allPanic(handles)
  const { count, news } = shared.value
  count.clearPoison()
  const t = thread.spawn(
    move(() => {
      const own = shared.value
      using g = own.count.lock().wait()
      own.news.until(g, n => n === -1).wait()
    }),
  )
  await wait(count.update(() => -1))
  news.notifyAll()
  await wait(t.join())
})

scenario('arriving at a barrier', async () => {
  const barrier = new Barrier(3)
  const where = victims()
  const handles = where.map(at =>
    thread.spawn(
      move(() => {
        at.store(self)
        for (;;) barrier.arrive().wait()
      }),
    ),
  )
  killAll(where)
  await allPanic(handles)
  // The dead threads have not arrived.
  assert.equal(barrier.arrive().try(), undefined)
  const others = [0, 1].map(() => thread.spawn(move(() => barrier.arrive().wait().isLeader)))
  let leaders = (await wait(barrier.arrive())).isLeader ? 1 : 0
  for (const t of others) leaders += (await wait(t.join())) ? 1 : 0
  assert.equal(leaders, 1)
})

scenario('being members of a WaitGroup', async () => {
  const group = new WaitGroup()
  const where = victims()
  const handles = where.map((at, i) => {
    const mine = group.clone()
    return thread.spawn(
      move(() => {
        at.store(self)
        for (;;) {
          const child = mine.clone()
          drop(child)
          if (i % 2 === 0) for (const leaving = mine.clone(); leaving.finished().try() !== undefined;);
        }
      }),
    )
  })
  killAll(where)
  assert.equal(await wait(group.finished()), true)
  await allPanic(handles)
})

scenario('acquiring and releasing permits', async () => {
  const semaphore = new Semaphore(4)
  const where = victims()
  const handles = where.map((at, i) =>
    thread.spawn(
      move(async () => {
        at.store(self)
        for (let n = i; ; n++) {
          const wanted = n % 5
          if (n % 3 === 0) drop(semaphore.acquire(wanted).wait())
          else if (n % 3 === 1) {
            const got = await select({ permit: semaphore.acquire(wanted), late: sleep(0.2) })
            if (got.key === 'permit') drop(got.value)
          } else {
            try {
              drop(semaphore.acquire(wanted).wait(0.2))
            } catch {
              // The wait timed out.
            }
          }
        }
      }),
    ),
  )
  killAll(where)
  await allPanic(handles)
  const all = await wait(semaphore.acquire(4))
  assert.equal(semaphore.availablePermits, 0)
  drop(all)
  assert.equal(semaphore.availablePermits, 4)
})

scenario('initialising a Once and locking again', async () => {
  const all = new Arc({ once: new Once(), cell: new OnceLock<string>(), again: new ReentrantMutex({ a: 0, b: 0 }) })
  const where = victims()
  const handles = where.map(at =>
    thread.spawn(
      move(() => {
        const { once, cell, again } = all.value
        at.store(self)
        for (;;) {
          try {
            once.callOnceForce(() => assert.fail()).wait()
          } catch {
            // The Once was poisoned, as expected.
          }
          try {
            cell.getOrInit(() => assert.fail()).wait()
          } catch {
            // The OnceLock was poisoned, as expected.
          }
          using g = again.lock().wait()
          g.value.a++
          using h = again.lock().wait()
          h.value.b++
        }
      }),
    ),
  )
  killAll(where)
  await allPanic(handles)
  const { once, cell, again } = all.value
  assert.equal(await wait(once.callOnceForce(() => {})), true)
  assert.equal(await wait(cell.getOrInit(() => 'made')), 'made')
  using g = await wait(again.lock())
  assert.equal(g.value.a, g.value.b)
})

scenario('sending to a channel with several senders', async () => {
  const [tx, rx] = mpsc.channel<Parcel | number>()
  const where = victims()
  const handles = where.map((at, i) => {
    const mine = tx.clone()
    return thread.spawn(
      move(() => {
        at.store(self)
        for (let n = 0; ; n++) {
          mine.send(n % 3 === 0 ? i * 1e9 + n : parcel(i, n))
          if (mine.length > 2000) sleep(1).wait()
        }
      }),
    )
  })
  drop(tx)
  killAll(where)
  const next = new Array<number>(VICTIMS).fill(0)
  const look = (message: Parcel | number): void => {
    const [from, n] =
      typeof message === 'number' ? [Math.floor(message / 1e9), message % 1e9] : [message.from, message.n]
    assert.equal(n, next[from]++)
    if (typeof message !== 'number') check(message)
  }
  await each(rx, look)
  await allPanic(handles)
})

scenario('waiting for room in a bounded channel', async () => {
  const [tx, rx] = mpsc.channel<Parcel>(2)
  const where = victims()
  const handles = where.map((at, i) => {
    const mine = tx.clone()
    return thread.spawn(
      move(() => {
        at.store(self)
        for (let n = 0; ; n++) mine.send(parcel(i, n)).wait()
      }),
    )
  })
  drop(tx)
  for (let k = 0; k < 50; k++) check(await wait(rx.recv()))
  killAll(where)
  await each(rx, check)
  await allPanic(handles)
})

scenario('sending and receiving in a rendezvous', async () => {
  const [tx, rx] = mpsc.channel<Parcel>(0)
  const where = victims()
  const handles = where.map((at, i) => {
    const mine = tx.clone()
    return thread.spawn(
      move(() => {
        at.store(self)
        for (let n = 0; ; n++) mine.send(parcel(i, n)).wait()
      }),
    )
  })
  drop(tx)
  for (let k = 0; k < 30; k++) check(await wait(rx.recv()))
  killAll(where)
  await each(rx, check)
  await allPanic(handles)
})

scenario('receiving', async () => {
  const where = victims()
  const senders = where.map(() => mpsc.channel<Parcel>())
  const handles = where.map((at, i) => {
    const rx = senders[i][1]
    return thread.spawn(
      move(() => {
        at.store(self)
        for (const message of rx) check(message)
      }),
    )
  })
  const all = senders.map(([tx]) => tx.clone())
  const feeder = thread.spawn(
    move(() => {
      let closed = 0
      for (let n = 0; closed < all.length; n++) {
        closed = 0
        for (const tx of all)
          try {
            tx.send(parcel(1, n))
          } catch {
            closed++
          }
        if (n % 64 === 0) sleep(1).wait()
      }
    }),
  )
  killAll(where)
  await allPanic(handles)
  for (const [tx] of senders) assert.throws(() => tx.send(parcel(0, 0)), { code: 'FL0003' })
  await wait(feeder.join())
})

scenario('sharing a receiver in a mutex', async () => {
  const [tx, rx] = mpsc.channel<number>()
  const shared = new Arc(new Mutex({ rx }))
  const where = victims()
  const handles = where.map(at =>
    thread.spawn(
      move(() => {
        at.store(self)
        for (;;) {
          try {
            shared.with(v => v.rx.recv().wait(1)).wait()
          } catch {
            shared.clearPoison()
          }
        }
      }),
    ),
  )
  for (let n = 0; n < 500; n++) tx.send(n)
  killAll(where)
  await allPanic(handles)
})

scenario('spawning and joining', async () => {
  const where = victims()
  const born = new AtomicI32(0)
  const ended = new AtomicI32(0)
  const handles = where.map(at =>
    thread.spawn(
      move(() => {
        at.store(self)
        for (;;) {
          const child = thread.spawn(
            move(() => {
              born.fetchAdd(1)
              ended.fetchAdd(1)
              return [1, 2, 3]
            }),
          )
          if (child.join().wait().length !== 3) throw new Error('wrong result')
        }
      }),
    ),
  )
  killAll(where)
  await allPanic(handles)
  // The children run on without their parents.
  while (born.load() !== ended.load()) thread.yieldNow().wait()
})

scenario('sleeping, parking and selecting', async () => {
  const where = victims()
  const [tx, rx] = mpsc.channel<number>()
  const receivers = where.map(() => mpsc.channel<number>())
  const handles = where.map((at, i) => {
    const mine = receivers[i][1]
    return thread.spawn(
      move(async () => {
        at.store(self)
        for (;;) {
          if (i % 3 === 0) sleep(0.2).wait()
          else if (i % 3 === 1) {
            try {
              thread.park().wait(0.2)
            } catch {
              // The wait timed out.
            }
          } else select({ a: mine.recv(), b: sleep(0.2), c: thread.park() }).wait()
          if (i % 2 === 0) await select({ a: mine.recv(), b: sleep(0.2) })
        }
      }),
    )
  })
  for (const [sender] of receivers) for (let n = 0; n < 100; n++) sender.send(n)
  for (const handle of handles) handle.thread.unpark()
  killAll(where)
  await allPanic(handles)
  for (const [sender] of receivers) assert.throws(() => sender.send(1), { code: 'FL0003' })
  tx.send(1)
  assert.equal(await wait(rx.recv()), 1)
})

scenario('sending handles through channels', async () => {
  // Each victim sends senders of a channel of its own, and drops the senders that it receives.
  const [tx, rx] = mpsc.channel<{ n: number; reply: Sender<number> }>()
  const [replies, answers] = mpsc.channel<number>()
  const where = victims()
  const handles = where.map(at => {
    const [mine, reply] = [tx.clone(), replies.clone()]
    return thread.spawn(
      move(() => {
        at.store(self)
        for (let n = 0; ; n++) {
          mine.send({ n, reply: reply.clone() })
          if (mine.length > 500) sleep(1).wait()
        }
      }),
    )
  })
  drop(tx)
  drop(replies)
  const server = thread.spawn(
    move(() => {
      let count = 0
      for (const { n, reply } of rx) {
        reply.send(n)
        drop(reply)
        count++
      }
      return count
    }),
  )
  killAll(where)
  let count = 0
  await each(answers, () => count++)
  assert.equal(await wait(server.join()), count)
  await allPanic(handles)
})

test('threads that die by exit, throw or exhausted memory leave no thread waiting', limit, async () => {
  for (const mode of ['awaiting', 'blocking'] as const) {
    waitBy(mode)
    for (const how of ['exit', 'throw', 'uncaught', 'memory'] as const) {
      const mutex = new Arc(new Mutex(0))
      const [tx, rx] = mpsc.channel<Parcel>()
      const handles = Array.from({ length: 3 }, (_, i) => {
        const mine = tx.clone()
        const builder = thread.builder(how === 'memory' ? { heapSizeMb: 24 } : { name: how })
        return builder.spawn(
          move(async () => {
            for (let n = 0; n < 20 + Math.random() * 50; n++) {
              mine.send(parcel(i, n))
              mutex.update(v => v + 1).wait()
            }
            if (how === 'exit') process.exit(1)
            if (how === 'throw') throw new PanicError('it ended without a result, on purpose')
            if (how === 'uncaught') {
              setTimeout(() => {
                throw new PanicError('it ended without a result, on purpose')
              })
              await new Promise<void>(() => {})
            }
            const hoard: unknown[] = []
            for (;;) hoard.push(new Array(1000).fill(hoard.length))
          }),
        )
      })
      drop(tx)
      let count = 0
      await each(rx, message => {
        check(message)
        count++
      })
      await allPanic(handles)
      assert.equal(await wait(mutex.update(n => n)), count)
      assert.equal(mutex.isPoisoned, false)
    }
  }
})

nothingIsLeft()
