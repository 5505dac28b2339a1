/**
 * Workers die at any moment inside every kind of channel. No message is damaged or received twice, the other threads go
 * on, no thread waits for a dead one, and the objects of the dead threads are free again.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Arc,
  ArrayQueue,
  AtomicI32,
  ClosedError,
  LaggedError,
  Mutex,
  SegQueue,
  after,
  broadcast,
  drop,
  move,
  mpmc,
  mpsc,
  never,
  oneshot,
  select,
  sleep,
  thread,
  watch,
  type OneshotReceiver,
  type Sender,
} from 'fearless'
import { self } from '../../dist/internal.js'
import { allPanic, each, killAll, nothingIsLeft, scenario, victims, VICTIMS, wait } from './kill.fixture.ts'
import { check, parcel, type Parcel } from './parcel.fixture.ts'

const limit = { timeout: 90_000 }

/** Checks that each message of each sender arrived at most once, and undamaged. */
function onlyOnce(): (message: Parcel | number) => void {
  const seen = new Set<string>()
  return message => {
    const id = typeof message === 'number' ? `${message}` : `${message.from}/${message.n}`
    assert.ok(!seen.has(id), `${id} came twice`)
    seen.add(id)
    if (typeof message !== 'number') check(message)
  }
}

for (const capacity of [undefined, 4, 0]) {
  const name = capacity === undefined ? 'unbounded' : `capacity ${capacity}`

  scenario(`sending to many receivers, ${name}`, async () => {
    const [tx, rx] = capacity === undefined ? mpmc.channel<Parcel | number>() : mpmc.channel<Parcel | number>(capacity)
    const where = victims()
    const handles = where.map((at, i) => {
      const mine = tx.clone()
      return thread.spawn(
        move(() => {
          at.store(self)
          for (let n = 0; ; n++) {
            const sent = mine.send(n % 3 === 0 ? i * 1e9 + n : parcel(i, n))
            if (sent !== undefined) sent.wait()
            else if (mine.length > 1000) sleep(1).wait()
          }
        }),
      )
    })
    drop(tx)
    const other = rx.clone()
    const helper = thread.spawn(
      move(() => {
        let count = 0
        for (const message of other) {
          if (typeof message !== 'number') check(message)
          count++
        }
        return count
      }),
    )
    killAll(where)
    await each(rx, onlyOnce())
    await wait(helper.join())
    await allPanic(handles)
  })

  scenario(`receiving beside others, ${name}`, async () => {
    const [tx, rx] = capacity === undefined ? mpmc.channel<Parcel | number>() : mpmc.channel<Parcel | number>(capacity)
    const where = victims()
    const handles = where.map((at, i) => {
      const mine = rx.clone()
      return thread.spawn(
        move(async () => {
          at.store(self)
          if (i % 3 === 0) for await (const message of mine) if (typeof message !== 'number') check(message)
          for (;;) {
            const next =
              i % 3 === 1 ? mine.recv().wait() : select({ m: mine.recv(), never: never().recv() }).wait().value
            if (typeof next !== 'number') check(next)
          }
        }),
      )
    })
    const feeder = thread.spawn(
      move(() => {
        for (let n = 0; n < 3000; n++) {
          const sent = tx.send(n % 3 === 0 ? n : parcel(1, n))
          if (sent !== undefined) sent.wait()
          else if (n % 64 === 0) sleep(0.2).wait()
        }
      }),
    )
    killAll(where)
    await allPanic(handles)
    // The messages that the victims did not receive are still in the channel.
    await each(rx, onlyOnce())
    await wait(feeder.join())
  })
}

scenario('being the last receivers of a channel', async () => {
  for (const capacity of [2, 0]) {
    const [tx, rx] = mpmc.channel<Parcel>(capacity)
    const where = victims()
    const handles = where.map(at => {
      const mine = rx.clone()
      return thread.spawn(
        move(() => {
          at.store(self)
          for (const message of mine) check(message)
        }),
      )
    })
    drop(rx)
    const senders = [0, 1].map(i => {
      const mine = tx.clone()
      return thread.spawn(
        move(() => {
          for (let n = 0; ; n++) {
            try {
              mine.send(parcel(i, n)).wait()
            } catch (error) {
              return (error as Error).name
            }
          }
        }),
      )
    })
    killAll(where)
    for (const sender of senders) assert.equal(await wait(sender.join()), 'ClosedError')
    await allPanic(handles)
    assert.throws(() => tx.send(parcel(0, 0)).try(), ClosedError)
  }
})

scenario('receiving messages with handles in them', async () => {
  // A message that a victim has received is dropped with it: the sender in it is dropped, or is sent on and dropped
  // here.
  const [tx, rx] = mpmc.channel<{ n: number; reply: Sender<number>; fill: Parcel }>()
  const [replies, answers] = mpsc.channel<number>()
  const where = victims()
  const handles = where.map(at => {
    const mine = rx.clone()
    return thread.spawn(
      move(() => {
        at.store(self)
        for (const { n, reply, fill } of mine) {
          check(fill)
          reply.send(n)
          drop(reply)
        }
      }),
    )
  })
  for (let n = 0; n < 2000; n++) tx.send({ n, reply: replies.clone(), fill: parcel(0, n) })
  drop(replies)
  killAll(where)
  await allPanic(handles)
  drop(tx)
  await each(rx, ({ n, reply }) => {
    reply.send(n)
    drop(reply)
  })
  // The channel closes: no sender was lost on the way, and no number was answered twice.
  const seen = new Set<number>()
  await each(answers, n => {
    assert.ok(!seen.has(n))
    seen.add(n)
  })
  assert.ok(seen.size > 1500)
})

scenario('holding, using and waiting for permits', async () => {
  const [tx, rx] = mpsc.channel<Parcel>(3)
  const where = victims()
  const handles = where.map((at, i) => {
    const mine = tx.clone()
    return thread.spawn(
      move(() => {
        at.store(self)
        for (let n = 0; ; n++) {
          const permit = mine.reserve().wait()
          if (n % 3 === 0) drop(permit)
          else permit.send(parcel(i, n))
        }
      }),
    )
  })
  killAll(where)
  const look = onlyOnce()
  const still = thread.spawn(
    move(async () => {
      // All room comes back: three more permits can be reserved.
      for (let n = 0; n < 3; n++) await tx.send(parcel(99, n))
    }),
  )
  await each(rx, look)
  await wait(still.join())
  await allPanic(handles)
})

scenario('upgrading weak senders', async () => {
  const [tx, rx] = mpsc.channel<number>()
  const where = victims()
  const handles = where.map((at, i) => {
    const weak = tx.downgrade()
    return thread.spawn(
      move(() => {
        at.store(self)
        for (let n = 0; ; n++) {
          const mine = weak.upgrade()
          if (mine !== undefined && mine.length < 500) mine.send(i * 1e6 + n)
          if (mine !== undefined) drop(mine)
        }
      }),
    )
  })
  killAll(where)
  await allPanic(handles)
  drop(tx)
  await each(rx, onlyOnce())
})

scenario('sending and awaiting single messages', async () => {
  const where = victims()
  const [jobs, inbox] = mpmc.channel<OneshotReceiver<Parcel>>()
  const handles = where.map((at, i) => {
    const mine = jobs.clone()
    return thread.spawn(
      move(() => {
        for (let n = 0; ; n++) {
          // Each victim dies after its first message, so that there is a message of each.
          if (n === 1) at.store(self)
          const [tx, rx] = oneshot.channel<Parcel>()
          mine.send(rx)
          if (n % 4 !== 0) tx.send(parcel(i, n))
          else drop(tx)
          if (mine.length > 200) sleep(0.2).wait()
        }
      }),
    )
  })
  drop(jobs)
  killAll(where)
  let count = 0
  const look = (rx: OneshotReceiver<Parcel>): void => {
    try {
      check(rx.recv().wait())
    } catch (error) {
      assert.ok(error instanceof ClosedError)
    }
    drop(rx)
    count++
  }
  await each(inbox, look)
  assert.ok(count >= VICTIMS, `${count} messages`)
  await allPanic(handles)
})

scenario('broadcasting and listening', async () => {
  const [tx, rx] = broadcast.channel<Parcel | Arc<Mutex<number>>>(64)
  const where = victims()
  const counter = new Arc(new Mutex(0))
  const handles = where.map((at, i) => {
    const [mine, heard] = [tx.clone(), tx.subscribe()]
    return thread.spawn(
      move(() => {
        at.store(self)
        for (let n = 0; ; n++) {
          mine.send(n % 4 === 0 ? counter : parcel(i, n))
          try {
            const got = heard.recv().try()
            if (got !== undefined && 'text' in got) check(got)
            else if (got !== undefined) drop(got)
          } catch (error) {
            if (!(error instanceof LaggedError)) throw error
          }
        }
      }),
    )
  })
  drop(tx)
  killAll(where)
  for (;;) {
    try {
      const got = await wait(rx.recv())
      if ('text' in got) check(got)
      else drop(got)
    } catch (error) {
      if (error instanceof ClosedError) break
      assert.ok(error instanceof LaggedError, String(error))
    }
  }
  await allPanic(handles)
  // Messages keep no owner, because the reaper has unpinned those that the dead threads were reading. A victim may have
  // died between counting itself among the owners and becoming one.
  for (let i = 0; Arc.strongCount(counter) > 2; i++) {
    assert.ok(i < 200, `${Arc.strongCount(counter)} owners`)
    await sleep(5)
  }
})

scenario('changing and watching the value of a watch channel', async () => {
  const [tx, rx] = watch.channel(parcel(0, 0))
  const where = victims()
  const handles = where.map(at => {
    const mine = rx.clone()
    return thread.spawn(
      move(() => {
        at.store(self)
        for (;;) {
          mine.changed().wait()
          check(mine.borrowAndUpdate())
          check(mine.clone().borrow())
        }
      }),
    )
  })
  const [changer] = victims()
  const changing = thread.spawn(
    move(() => {
      changer.store(self)
      for (let n = 1; ; n++) tx.send(parcel(1, n))
    }),
  )
  killAll(where)
  await allPanic(handles)
  killAll([changer])
  await allPanic([changing])
  for (;;) {
    try {
      await wait(rx.changed())
    } catch (error) {
      assert.ok(error instanceof ClosedError)
      break
    }
    check(rx.borrow())
  }
  check(rx.borrow())
})

scenario('pushing to and popping from queues, and waiting for timers', async () => {
  const [list, ring] = [new SegQueue<Parcel>(), new ArrayQueue<Parcel>(8)]
  const late = after(1e9)
  const where = victims()
  const handles = where.map((at, i) =>
    thread.spawn(
      move(() => {
        at.store(self)
        for (let n = 0; ; n++) {
          if (list.length < 500) list.push(parcel(i, n))
          const forced = ring.forcePush(parcel(i + 100, n))
          if (forced !== undefined) check(forced)
          const [a, b] = [n % 2 === 0 ? list.pop() : undefined, ring.pop()]
          if (a !== undefined) check(a)
          if (b !== undefined) check(b)
          if (late.recv().try() !== undefined) throw new Error('early')
        }
      }),
    ),
  )
  killAll(where)
  await allPanic(handles)
  const look = onlyOnce()
  for (let got = list.pop(); got !== undefined; got = list.pop()) look(got)
  for (let got = ring.pop(); got !== undefined; got = ring.pop()) look(got)
  // All room of the queue is free.
  for (let n = 0; n < 8; n++) ring.push(parcel(0, n))
  assert.ok(ring.isFull)
})

test('a thread that exits or throws drops its ends of every channel', limit, async () => {
  for (const how of ['exit', 'uncaught', 'ends'] as const) {
    const [tx, rx] = mpmc.channel<number>(1)
    const [answer, answered] = oneshot.channel<number>()
    const [news, heard] = broadcast.channel<number>(2)
    const [state, seen] = watch.channel(0)
    const permit = await tx.reserve()
    const ready = new AtomicI32(0)
    const handle = thread.spawn(
      move(async () => {
        const all = [tx, answer, news, state, permit]
        ready.store(all.length)
        if (how === 'exit') process.exit(3)
        if (how === 'ends') return
        setTimeout(() => {
          throw new Error('bang')
        })
        await new Promise<void>(() => {})
      }),
    )
    await assert.rejects(async () => await rx.recv(), ClosedError)
    await assert.rejects(async () => await answered.recv(), ClosedError)
    await assert.rejects(async () => await heard.recv(), ClosedError)
    await assert.rejects(async () => await seen.changed(), ClosedError)
    assert.equal(ready.load(), 5)
    await handle.join().then(undefined, () => {})
  }
})

nothingIsLeft()
