/** Scopes: every thread finishes before its scope does, and the scope reports panics. */
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

test('a scope waits for threads that were not joined', limit, async () => {
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

test('a scope waits for threads whose handles were dropped or moved', limit, async () => {
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

test('a scope waits for threads that its threads spawn in scopes of their own', limit, async () => {
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

test('a scope waits for threads that are spawned while it waits for others', limit, async () => {
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

test('a scope returns the value of its function, which may join threads', limit, async () => {
  const words = ['a', 'b', 'c']
  const total = await thread.scope(async s => {
    const a = s.spawn(() => words.length)
    const b = s.spawn(() => words.join(''))
    return [await a.join(), await b.join()]
  })
  assert.deepEqual(total, [3, 'abc'])
  assert.deepEqual(words, ['a', 'b', 'c'])
})

test('an error of the function is thrown after the threads have finished, and before their errors', limit, async () => {
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

test('an unjoined panic makes the scope throw', limit, async () => {
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

test('a joined panic does not make the scope throw', limit, async () => {
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

test('an unjoined result is dropped when the scope ends', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  const handles: unknown[] = []
  await thread.scope(s => {
    handles.push(s.spawn(() => tx.clone()))
  })
  drop(tx)
  assert.throws(() => rx.recv().wait(), { code: 'FL0003' })
  assert.equal(handles.length, 1)
})

test('a scoped closure borrows: handles are shared, data is copied, a Receiver is refused', limit, async () => {
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

test('threads of a scope spawn in it, to any depth, and the scope waits for all', limit, async () => {
  const done = new AtomicI32(0)
  const words = ['a', 'b', 'c']
  await thread.scope(s => {
    for (let i = 0; i < 4; i++) {
      s.spawn(() => {
        s.spawn(() => {
          s.spawn(() => {
            sleep(5).wait()
            done.fetchAdd(words.length)
          })
          done.fetchAdd(1)
        })
        done.fetchAdd(1)
      })
    }
  })
  assert.equal(done.load(), 4 * 5)
})

test('a thread of a scope joins the threads that it has spawned there', limit, async () => {
  const sum = await thread.scope(async s => {
    const outer = s.spawn(async () => {
      const handles = [1, 2, 3].map(n => s.spawn((n: number) => n * 10, n))
      let sum = 0
      for (const handle of handles) sum += await handle
      return sum
    })
    return await outer
  })
  assert.equal(sum, 60)
})

test('an unjoined panic of a thread that a scoped thread has spawned makes the scope throw', limit, async () => {
  const scoped = thread.scope(s => {
    s.spawn(() => {
      s.spawn(() => {
        throw new RangeError('deep')
      })
    })
  })
  await assert.rejects(scoped, error => {
    assert.ok(error instanceof PanicError)
    assert.equal((error.cause as Error).name, 'RangeError')
    return true
  })
})

test('a builder spawns threads with its name in a scope', limit, async () => {
  const words = ['a', 'b']
  const seen = await thread.scope(async s => {
    const handle = thread
      .builder({ name: 'counter' })
      .spawnScoped(s, (n: number) => `${thread.current().name} ${words.length + n}`, 1)
    return await handle
  })
  assert.equal(seen, 'counter 3')
})

test('a scope can be borrowed and cannot be moved', limit, async () => {
  await thread.scope(s => {
    // @ts-expect-error -- a Scope is not Send
    assert.throws(() => thread.spawn((given: unknown) => void given, s), NotSendError)
    assert.throws(() => thread.spawn(move(() => void s)), /This Scope cannot be sent between threads\. Spawn in it/)
  })
})

test(
  'a stray thread that spawns in a scope while it ends starts no thread that the scope does not wait for',
  { timeout: 60_000 },
  async () => {
    const [started, finished] = [new AtomicI32(0), new AtomicI32(0)]
    let refused = 0
    for (let round = 0; round < 60; round++) {
      const ended = new AtomicI32(0)
      let stray: PromiseLike<number> | undefined
      await thread.scope(async inner => {
        await thread.scope(s => {
          const ready = inner.spawn(() => {
            let refused = 0
            for (let i = 0; i < 50 && refused === 0; i++) {
              try {
                s.spawn(() => {
                  if (ended.load() === 1) throw new Error('it runs, and the scope has ended')
                  started.fetchAdd(1)
                  finished.fetchAdd(1)
                })
              } catch (error) {
                if (!(error instanceof DroppedError)) throw error
                refused++
              }
            }
            return refused
          })
          stray = ready
        })
        ended.store(1)
        assert.equal(started.load(), finished.load())
        refused += await stray!
      })
    }
    assert.ok(refused > 0)
  },
)

test('spawn in a scope that has ended throws', limit, async () => {
  const s = (await thread.scope(inner => {
    void inner
    return [inner] as unknown as string
  })) as unknown as { spawn(f: () => number): unknown }[]
  assert.throws(() => s[0].spawn(move(() => 1)), DroppedError)
})
