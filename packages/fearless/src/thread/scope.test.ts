/** Scopes: every thread ends before the scope does, and who is told of a panic. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Arc,
  AtomicI32,
  DroppedError,
  Mutex,
  NotSendError,
  PanicError,
  drop,
  move,
  mpsc,
  sleep,
  thread,
  type JoinHandle,
} from 'fearless'

const limit = { timeout: 20_000 }

test('a scope waits for threads that nobody joined', limit, async () => {
  const done = new AtomicI32(0)
  await thread.scope(s => {
    for (let i = 0; i < 5; i++)
      s.spawn(() => {
        sleep(5).wait()
        done.fetchAdd(1)
      })
  })
  assert.equal(done.load(), 5)
})

test('it waits for dropped and for moved handles too', limit, async () => {
  const done = new AtomicI32(0)
  await thread.scope(s => {
    drop(
      s.spawn(() => {
        sleep(10).wait()
        done.fetchAdd(1)
      }),
    )
    thread.spawn(
      (_h: JoinHandle<void>) => {},
      s.spawn(() => {
        sleep(10).wait()
        done.fetchAdd(1)
      }),
    )
  })
  assert.equal(done.load(), 2)
})

test('it waits for what its threads spawn in scopes of their own', limit, async () => {
  const done = new AtomicI32(0)
  await thread.scope(s => {
    s.spawn(async () => {
      await thread.scope(inner => {
        inner.spawn(() => {
          sleep(10).wait()
          done.fetchAdd(1)
        })
      })
    })
  })
  assert.equal(done.load(), 1)
})

test('threads spawned while the scope waits for others are waited for', limit, async () => {
  const done = new AtomicI32(0)
  await thread.scope(s => {
    const first = s.spawn(() => 1)
    void (async () => {
      await first.join()
      s.spawn(() => {
        sleep(10).wait()
        done.fetchAdd(1)
      })
    })()
    s.spawn(() => sleep(30).wait())
  })
  assert.equal(done.load(), 1)
})

test('a scope gives what its function returns, and results can be joined inside', limit, async () => {
  const words = ['a', 'b', 'c']
  const total = await thread.scope(async s => {
    const a = s.spawn(() => words.length)
    const b = s.spawn(() => words.join(''))
    return [await a.join(), await b.join()]
  })
  assert.deepEqual(total, [3, 'abc'])
  assert.deepEqual(words, ['a', 'b', 'c'])
})

test('what the function throws comes after the threads, and before what they threw', limit, async () => {
  const done = new AtomicI32(0)
  await assert.rejects(
    thread.scope(s => {
      s.spawn(() => {
        sleep(5).wait()
        done.fetchAdd(1)
        throw new TypeError('from the thread')
      })
      throw new RangeError('from the body')
    }),
    { name: 'RangeError', message: 'from the body' },
  )
  assert.equal(done.load(), 1)
})

test('a panic that nobody joined makes the scope throw', limit, async () => {
  await assert.rejects(
    thread.scope(s => {
      s.spawn(() => {
        throw new TypeError('lost')
      })
    }),
    (error: Error) => error instanceof PanicError && error.cause instanceof TypeError && error.cause.message === 'lost',
  )
  await assert.rejects(
    thread.scope(s => {
      drop(
        s.spawn(() => {
          throw new TypeError('dropped')
        }),
      )
    }),
    PanicError,
  )
})

test('a panic that was joined is consumed', limit, async () => {
  const caught = await thread.scope(async s => {
    try {
      await s
        .spawn(() => {
          throw new TypeError('seen')
        })
        .join()
    } catch (error) {
      return (error as Error).message
    }
    return ''
  })
  assert.equal(caught, 'seen')
})

test('a result that nobody joined is dropped when the scope ends', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  const handles: unknown[] = []
  await thread.scope(s => {
    handles.push(s.spawn(() => tx.clone()))
  })
  drop(tx)
  assert.throws(() => rx.recv().wait(), { code: 'FL0003' })
  assert.equal(handles.length, 1)
})

test('captures are borrowed: handles are shared, data is a copy, a Receiver is refused', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  const data = new Float64Array([1, 2, 3])
  const mutex = new Mutex(1)
  const arc = new Arc(new Mutex(1))
  await thread.scope(async s => {
    const one = s.spawn(() => {
      tx.send(data[2])
      return data.length
    })
    const two = s.spawn(() => {
      tx.send(4)
      return arc.update(n => n + 1).wait()
    })
    assert.equal(await one.join(), 3)
    assert.equal(await two.join(), 2)
    assert.throws(() => s.spawn(() => rx.recv().wait()), NotSendError)
  })
  assert.equal(data.length, 3)
  tx.send(5)
  drop(tx)
  assert.deepEqual([...rx].sort(), [3, 4, 5])
  assert.equal(await mutex.update(n => n + 1), 2)
})

test('a scope that has ended spawns no more', limit, async () => {
  const s = (await thread.scope(inner => {
    void inner
    return [inner] as unknown as string
  })) as unknown as { spawn(f: () => number): unknown }[]
  assert.throws(() => s[0].spawn(move(() => 1)), DroppedError)
})
