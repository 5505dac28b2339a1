import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import {
  Arc,
  ClosedError,
  JoinSet,
  Mutex,
  TimeoutError,
  drop,
  move,
  mpmc,
  mpsc,
  select,
  sleep,
  task,
  thread,
  type Sender,
} from 'fearless'
import { WAITERS, WAITER_SLOT, core, i32, self } from '../../dist/internal.js'

const limit = { timeout: 60_000 }
const MESSAGES = 50_000

/** The number of this thread's waiters that are in use. */
function waiters(): number {
  let count = 0
  for (let at = core.nextObject(WAITERS, 0); at !== 0; at = core.nextObject(WAITERS, at)) {
    if (i32[(at + WAITER_SLOT) >> 2] === self) count++
  }
  return count
}

/**
 * Waits until the number of waiters is as expected. A waiter that was woken and accepted its message before the ready
 * list was delivered is freed on delivery.
 */
async function assertWaiters(expected: number): Promise<void> {
  for (let turns = 0; turns < 1000 && waiters() !== expected; turns++) await task.yieldNow()
  assert.equal(waiters(), expected)
}

describe('select', limit, () => {
  test('select completes the arm that is ready', async () => {
    const [tx, rx] = mpsc.channel<number>()
    const [, other] = mpsc.channel<number>(1)
    tx.send(5)
    const first = await select({ rx: rx.recv(), other: other.recv(), late: sleep(60_000) })
    assert.deepEqual(first, { key: 'rx', value: 5 })
    drop(other)
    tx.send(6)
    assert.deepEqual(select({ late: sleep(60_000), rx: rx.recv() }).wait(), { key: 'rx', value: 6 })
  })

  test('a yielding select waits for the first of all kinds of waits', async () => {
    const [tx, rx] = mpsc.channel<string>()
    const [full, take] = mpsc.channel<string>(1)
    const [give, meet] = mpsc.channel<string>(0)
    const mutex = new Mutex(7)
    const gates = { task: Promise.withResolvers<string>(), set: Promise.withResolvers<string>() }
    const handle = task.spawn(() => gates.task.promise)
    const set = new JoinSet<string>()
    set.spawn(() => gates.set.promise)
    const [go, started] = mpsc.channel<number>()
    const joined = thread.spawn(move(() => started.recv().wait()))
    await full.send('first')
    let guard = await mutex.lock()
    const before = waiters()
    const next = async (key: string, cause: () => void): Promise<unknown> => {
      const chosen = select({
        rx: rx.recv(),
        room: full.send('second'),
        meet: meet.recv(),
        lock: mutex.lock(),
        task: handle.join(),
        set: set.joinNext(),
        thread: joined.join(),
        late: sleep(50_000),
      }).then(outcome => outcome)
      await task.yieldNow()
      cause()
      const outcome = await chosen
      assert.equal(outcome.key, key)
      await assertWaiters(before)
      return outcome.value
    }
    assert.equal(await next('rx', () => tx.send('message')), 'message')
    assert.equal(await next('meet', () => void give.send('met').then(undefined)), 'met')
    assert.equal(await next('room', () => void take.recv().try()), undefined)
    assert.equal(await take.recv(), 'second')
    await full.send('third')
    guard = (await next('lock', () => drop(guard))) as typeof guard
    assert.equal(guard.value, 7)
    assert.equal(await next('set', () => gates.set.resolve('of a set')), 'of a set')
    set.spawn(() => new Promise<never>(() => {}))
    assert.equal(await next('thread', () => go.send(11)), 11)
    // A thread is joined only once: from here on its arm would be ready.
    const last = select({ task: handle.join(), rx: rx.recv() }).then(outcome => outcome)
    gates.task.resolve('of a task')
    assert.deepEqual(await last, { key: 'task', value: 'of a task' })
    drop(guard)
  })

  test('a bounded send wins when there is room, and sends only then', async () => {
    const [tx, rx] = mpsc.channel<number>(1)
    await tx.send(1)
    for (let i = 0; i < 3; i++) assert.equal((await select({ room: tx.send(2), late: sleep(1) })).key, 'late')
    assert.throws(() => select({ room: tx.send(2), late: sleep(60_000) }).wait(1), TimeoutError)
    const room = select({ room: tx.send(3), late: sleep(60_000) }).then(outcome => outcome.key)
    await task.yieldNow()
    assert.equal(await rx.recv(), 1)
    assert.equal(await room, 'room')
    assert.equal(await rx.recv(), 3)
    assert.equal(rx.length, 0)
  })

  test('losing arms have no effect', async () => {
    const [txA, rxA] = mpsc.channel<number>()
    const [txB, rxB] = mpsc.channel<number>()
    const mutex = new Mutex(0)
    for (let i = 0; i < 200; i++) {
      const chosen = select({ a: rxA.recv(), b: rxB.recv(), lock: mutex.lock() })
      txA.send(i)
      txB.send(i)
      const outcome = i % 2 === 0 ? await chosen : chosen.wait()
      if (outcome.key === 'lock') drop(outcome.value)
      assert.equal(rxA.length + rxB.length, outcome.key === 'lock' ? 2 : 1)
      for (const rx of [rxA, rxB]) for (const value of rx.tryIter()) assert.equal(value, i)
      const guard = mutex.lock().try()
      assert.ok(guard !== undefined)
      drop(guard)
    }
  })

  test('an unlock skips a select that has chosen another arm', async () => {
    const mutex = new Mutex(0)
    const [tx, rx] = mpsc.channel<number>()
    const guard = await mutex.lock()
    const first = select({ lock: mutex.lock(), go: rx.recv() }).then(outcome => outcome.key)
    const second = mutex.lock().then(taken => drop(taken))
    await task.yieldNow()
    tx.send(1)
    drop(guard)
    assert.equal(await first, 'go')
    await second
    assert.ok(mutex.lock().try())
  })

  test('select chooses at random among ready arms', async () => {
    const [txA, rxA] = mpsc.channel<number>()
    const [txB, rxB] = mpsc.channel<number>()
    const count = { a: 0, b: 0 }
    for (let i = 0; i < 2000; i++) {
      txA.send(i)
      txB.send(i)
      const chosen = select({ a: rxA.recv(), b: rxB.recv() })
      count[(i % 2 === 0 ? await chosen : chosen.wait()).key]++
    }
    assert.ok(count.a > 800 && count.b > 800, JSON.stringify(count))
  })

  test('a biased select takes the first ready arm in the order written', async () => {
    const [txA, rxA] = mpsc.channel<number>()
    const [txB, rxB] = mpsc.channel<number>()
    for (let i = 0; i < 100; i++) {
      txA.send(i)
      txB.send(i)
    }
    for (let i = 0; i < 200; i++) {
      const chosen = select.biased({ b: rxB.recv(), a: rxA.recv(), late: sleep(60_000) })
      const { key, value } = i % 2 === 0 ? await chosen : chosen.wait()
      assert.deepEqual([key, value], i < 100 ? ['b', i] : ['a', i - 100])
    }
    assert.equal(select.biased({ b: rxB.recv(), a: rxA.recv() }).try(), undefined)
    const later = select.biased({ b: rxB.recv(), a: rxA.recv() }).then(outcome => outcome)
    txA.send(7)
    assert.deepEqual(await later, { key: 'a', value: 7 })
    // A closed channel is ready, and has its position in the order, too.
    drop(txB)
    txA.send(8)
    assert.equal(select.biased({ a: rxA.recv(), b: rxB.recv() }).try()?.key, 'a')
    assert.throws(() => select.biased({ b: rxB.recv(), a: rxA.recv() }).try(), ClosedError)
    assert.throws(() => select.biased({}), /A select without arms/)
  })

  test('a losing send evaluates, sends and moves nothing', async () => {
    for (const capacity of [0, 1]) {
      const [tx, rx] = mpmc.channel<{ inner: Sender<number> }>(capacity)
      const [inner, innerRx] = mpsc.channel<number>()
      const [ready, readyRx] = mpsc.channel<number>()
      if (capacity === 1) tx.send({ inner: inner.clone() }).try()
      let looked = 0
      const value = new Proxy(
        { inner },
        {
          get(target, key: 'inner') {
            looked++
            return target[key]
          },
        },
      )
      for (let i = 0; i < 20; i++) {
        ready.send(i)
        assert.equal((await select({ out: tx.send(value), in: readyRx.recv() })).key, 'in')
        assert.equal(select({ out: tx.send(value), in: readyRx.recv() }).try(), undefined)
      }
      assert.equal(looked, 0)
      inner.send(1)
      assert.equal(innerRx.recv().try(), 1)
      drop(rx)
      assert.throws(
        () => select({ out: tx.send(value), in: readyRx.recv() }).try(),
        error => error instanceof ClosedError && error.value === value,
      )
    }
  })

  test('a receive from a closed channel is ready, before and during the wait', async () => {
    const [tx, rx] = mpsc.channel<number>()
    const [, open] = mpsc.channel<number>(0)
    const [held, idle] = mpsc.channel<number>()
    const before = waiters()
    const waiting = assert.rejects(async () => await select({ rx: rx.recv(), idle: idle.recv() }), ClosedError)
    await task.yieldNow()
    drop(tx)
    await waiting
    await assertWaiters(before)
    await assert.rejects(async () => await select({ rx: rx.recv(), idle: idle.recv() }), ClosedError)
    assert.throws(() => select({ idle: idle.recv(), rx: rx.recv() }).wait(), ClosedError)
    drop(open)
    drop(held)
  })

  test("the error of an arm has the arm's name as its key", async () => {
    const [tx, rx] = mpsc.channel<number>()
    const [held, idle] = mpsc.channel<number>()
    const gone = (key: string) => (error: unknown) => error instanceof ClosedError && error.key === key
    const waiting = assert.rejects(select({ idle: idle.recv(), jobs: rx.recv() }).then(), gone('jobs'))
    await task.yieldNow()
    drop(tx)
    await waiting
    await assert.rejects(select({ jobs: rx.recv(), idle: idle.recv() }).then(), gone('jobs'))
    assert.throws(() => select({ idle: idle.recv(), again: rx.recv() }).wait(), gone('again'))
    assert.throws(() => select.biased({ idle: idle.recv(), again: rx.recv() }).try(), gone('again'))
    const handle = thread.spawn(() => {
      throw new RangeError('mine')
    })
    await assert.rejects(select({ idle: idle.recv(), handle }).then(), { name: 'RangeError', key: 'handle' })
    // An error of the program that has a key keeps it.
    const failing = task.spawn(() => {
      throw Object.assign(new Error('no entry'), { key: 'name' })
    })
    await assert.rejects(select({ idle: idle.recv(), failing }).then(), { key: 'name' })
    await assert.rejects(rx.recv().then(), error => error instanceof ClosedError && !('key' in error))
    // A handle that is dropped during the wait.
    const [, other] = mpsc.channel<number>()
    const dropped = assert.rejects(select({ idle: idle.recv(), other: other.recv() }).then(), { key: 'other' })
    await task.yieldNow()
    drop(other)
    await dropped
    drop(held)
  })

  test('a loop continues with the remaining arms', async () => {
    const open = new Map<string, ReturnType<typeof mpsc.channel<number>>[1]>()
    for (const key of ['a', 'b', 'c']) {
      const [tx, rx] = mpsc.channel<number>()
      open.set(key, rx)
      thread.spawn(
        move(() => {
          for (let n = 0; n < 1000; n++) tx.send(n)
        }),
      )
    }
    let received = 0
    while (open.size > 0) {
      try {
        await select(Object.fromEntries([...open].map(([key, rx]) => [key, rx.recv()])))
        received++
      } catch (error) {
        assert.ok(error instanceof ClosedError)
        assert.ok(open.delete(error.key!))
      }
    }
    assert.equal(received, 3000)
  })

  test('a limit ends a select, and a later message is not lost', async () => {
    const [tx, rx] = mpsc.channel<number>()
    const [meet, met] = mpsc.channel<number>(0)
    const before = waiters()
    assert.equal(select({ rx: rx.recv(), met: met.recv() }).try(), undefined)
    await assert.rejects(async () => await select({ rx: rx.recv(), met: met.recv() }).within(1), TimeoutError)
    assert.throws(() => select({ rx: rx.recv(), met: met.recv() }).wait(1), TimeoutError)
    await assertWaiters(before)
    tx.send(1)
    assert.equal(await rx.recv(), 1)
    drop(meet)
  })

  test('select refuses to have no arms, and to be an arm', () => {
    assert.throws(() => select({}), /A select without arms would wait for ever/)
    assert.throws(() => select({ inner: select({ late: sleep(1) }) }), /cannot be an arm of another select/)
    assert.throws(() => select({ inner: select({ late: sleep(1) }).within(5) }), /cannot be an arm of another select/)
  })

  test('a select keeps the program alive only while it waits', async () => {
    const text = `
      import { mpsc, select, task, thread, sleep } from 'fearless'
      const [tx, rx] = mpsc.channel(), [tx2, rx2] = mpsc.channel()
      thread.spawn(tx => { tx.send(1) }, tx)
      console.log((await select({ a: rx.recv(), b: rx2.recv() })).value)
      await task.yieldNow()
      thread.spawn(tx => {}, tx2)
      console.log(await select({ b: rx2.recv() }).then(undefined, error => error.code))`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', text], {
      cwd: import.meta.dirname,
      timeout: 20_000,
    })
    assert.equal(stdout, '1\nFL0003\n')
  })
})

describe('select between threads', limit, () => {
  /** Checks the messages of two channels: each number from 0 to n - 1 arrives once and in order. */
  const tally = () => {
    const next = { a: 0, b: 0 }
    return { next, take: (key: 'a' | 'b', value: number): void => assert.equal(value, next[key]++) }
  }

  test('a yielding select of two producers loses, doubles and reorders no message', async () => {
    const [txA, rxA] = mpsc.channel<number>()
    const [txB, rxB] = mpsc.channel<number>()
    thread.spawn(
      move(() => {
        for (let i = 0; i < MESSAGES; i++) txA.send(i)
      }),
    )
    thread.spawn(
      move(() => {
        for (let i = 0; i < MESSAGES; i++) txB.send(i)
      }),
    )
    const { take, next } = tally()
    const before = waiters()
    while (next.a < MESSAGES || next.b < MESSAGES) {
      if (next.a === MESSAGES) take('b', await rxB.recv())
      else if (next.b === MESSAGES) take('a', await rxA.recv())
      else {
        const { key, value } = await select({ a: rxA.recv(), b: rxB.recv() })
        take(key, value)
      }
    }
    await assertWaiters(before)
    assert.deepEqual([rxA.length, rxB.length], [0, 0])
  })

  test('a yielding select with limits that are reached while messages arrive loses no message', async () => {
    const [txA, rxA] = mpsc.channel<number>()
    const [txB, rxB] = mpsc.channel<number>()
    thread.spawn(
      move(() => {
        for (let i = 0; i < 500; i++) {
          txA.send(i)
          sleep(i % 3).wait()
        }
      }),
    )
    thread.spawn(
      move(() => {
        for (let i = 0; i < 500; i++) {
          txB.send(i)
          sleep(i % 2).wait()
        }
      }),
    )
    const { take, next } = tally()
    let late = 0
    const before = waiters()
    while (next.a + next.b < 1000) {
      try {
        const arms = { ...(next.a < 500 && { a: rxA.recv() }), ...(next.b < 500 && { b: rxB.recv() }), late: sleep(1) }
        const { key, value } = await select(arms).within(next.a % 3)
        if (key === 'late') late++
        else take(key, value as number)
      } catch (error) {
        assert.ok(error instanceof TimeoutError, String(error))
        late++
      }
    }
    assert.ok(late > 0)
    await assertWaiters(before)
  })

  test('a blocking select with limits loses no message', async () => {
    const [txA, rxA] = mpsc.channel<number>()
    const [txB, rxB] = mpsc.channel<number>()
    const count = 20_000
    const consumer = thread.spawn(
      move(() => {
        const next = { a: 0, b: 0 }
        let late = 0
        while (next.a < count && next.b < count) {
          try {
            const { key, value } = select({ a: rxA.recv(), b: rxB.recv() }).wait(0.05)
            if (value !== next[key]++) throw new Error(`${key}: ${value}`)
          } catch (error) {
            if (!(error instanceof TimeoutError)) throw error
            late++
          }
        }
        for (const value of rxA) if (value !== next.a++) throw new Error(`a: ${value}`)
        for (const value of rxB) if (value !== next.b++) throw new Error(`b: ${value}`)
        return [next.a, next.b, late]
      }),
    )
    for (const tx of [txA, txB]) {
      thread.spawn(
        move(() => {
          for (let i = 0; i < count; i++) {
            tx.send(i)
            if (i % 500 === 0) sleep(1).wait()
          }
        }),
      )
    }
    const [a, b] = await consumer.join()
    assert.deepEqual([a, b], [count, count])
  })

  test('a message of a rendezvous between selects is received once', async () => {
    const [txA, rxA] = mpsc.channel<number>(0)
    const [txB, rxB] = mpsc.channel<number>(0)
    const count = 5000
    // The producer offers its next number on both channels; one receiver gets it.
    const producer = thread.spawn(
      move(() => {
        let late = 0
        for (let i = 0; i < count;) {
          if (select({ a: txA.send(i), b: txB.send(i), late: sleep(1) }).wait().key === 'late') late++
          else i++
        }
        return late
      }),
    )
    const other = thread.spawn(
      move(() => {
        const seen: number[] = []
        for (const value of rxB) seen.push(value)
        return seen
      }),
    )
    const seen: number[] = []
    for (;;) {
      try {
        const outcome = await select({ a: rxA.recv(), late: sleep(1) })
        if (outcome.key === 'a') seen.push(outcome.value)
      } catch (error) {
        assert.ok(error instanceof ClosedError)
        break
      }
    }
    await producer.join()
    const all = [...seen, ...(await other.join())].sort((x, y) => x - y)
    assert.deepEqual(
      all,
      Array.from({ length: count }, (_, i) => i),
    )
    assert.ok(seen.length > 0 && seen.length < count)
  })

  test('a lock that a select has chosen is held by one thread at a time', async () => {
    const a = new Arc(new Mutex(0))
    const b = new Arc(new Mutex(0))
    const rounds = 3000
    const handles = [1, 2].map(() =>
      thread.spawn(
        move(() => {
          let late = 0
          for (let i = 0; i < rounds;) {
            const outcome = select({ a: a.lock(), b: b.lock(), late: sleep(5) }).wait()
            if (outcome.key === 'late') {
              late++
              continue
            }
            outcome.value.value += 1
            outcome.value[Symbol.dispose]()
            i++
          }
          return late
        }),
      ),
    )
    for (let i = 0; i < rounds; i++) {
      const outcome = await select({ a: a.lock(), b: b.lock() })
      outcome.value.value += 1
      drop(outcome.value)
    }
    for (const handle of handles) await handle.join()
    assert.equal(a.lock().wait().value + b.lock().wait().value, 3 * rounds)
  })
})
