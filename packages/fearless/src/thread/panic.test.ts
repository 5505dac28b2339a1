/** Panics: a join throws the thread's error, as exactly as the error can cross. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClosedError, PanicError, Rc, clone, drop, mpsc, move, thread, type JoinHandle } from 'fearless'

const limit = { timeout: 20_000 }

/** The error that joining throws. */
async function panic(handle: JoinHandle<unknown>): Promise<Error & Record<string, unknown>> {
  try {
    await handle.join()
  } catch (error) {
    return error as Error & Record<string, unknown>
  }
  throw new Error('The thread did not panic.')
}

test('built-in errors keep their class and message', limit, async () => {
  const type = await panic(
    thread.spawn(() => {
      throw new TypeError('bad type')
    }),
  )
  assert.ok(type instanceof TypeError)
  assert.equal(type.message, 'bad type')
  assert.equal(type.name, 'TypeError')
  const range = await panic(
    thread.spawn(() => {
      throw new RangeError('bad range')
    }),
  )
  assert.ok(range instanceof RangeError)
  const thrown = await panic(thread.spawn(() => (undefined as unknown as { x: number }).x))
  assert.ok(thrown instanceof TypeError)
  const syntax = await panic(thread.spawn(() => JSON.parse('{') as number))
  assert.ok(syntax instanceof SyntaxError)
})

test('an AggregateError keeps its errors, an error its cause, with their classes', limit, async () => {
  const all = await panic(
    thread.spawn(() => {
      throw new AggregateError([new TypeError('a'), 5], 'both')
    }),
  )
  assert.ok(all instanceof AggregateError)
  assert.ok(all.errors[0] instanceof TypeError)
  assert.equal(all.errors[1], 5)
  const outer = await panic(
    thread.spawn(() => {
      throw new Error('outer', { cause: new RangeError('inner', { cause: 3 }) })
    }),
  )
  const inner = outer.cause as RangeError
  assert.ok(inner instanceof RangeError)
  assert.equal(inner.cause, 3)
})

test('a DOMException keeps its class and name', limit, async () => {
  const aborted = await panic(
    thread.spawn(() => {
      throw new DOMException('stop', 'AbortError')
    }),
  )
  assert.ok((aborted as unknown) instanceof DOMException)
  assert.equal(aborted.name, 'AbortError')
  assert.equal(aborted.message, 'stop')
})

test('an error of an own class keeps name, message, code and own properties', limit, async () => {
  class LimitError extends RangeError {
    override readonly name = 'LimitError'
    readonly code = 'E_LIMIT'
    readonly at = { line: 3 }
  }
  const error = await panic(
    thread.spawn(() => {
      throw new LimitError('too far')
    }),
  )
  assert.ok(error instanceof RangeError)
  assert.deepEqual([error.name, error.message, error.code, error.at], ['LimitError', 'too far', 'E_LIMIT', { line: 3 }])
})

test('the errors of the library keep their class', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  tx[Symbol.dispose]()
  const closed = await panic(thread.spawn(move(() => rx.recv().wait())))
  assert.ok(closed instanceof ClosedError)
  assert.equal(closed.code, 'FL0003')
})

test("a system error keeps Node's code", limit, async () => {
  const missing = await panic(
    thread.spawn(async () => {
      const { readFileSync } = await import('node:fs')
      return readFileSync('/does/not/exist').length
    }),
  )
  assert.equal(missing.code, 'ENOENT')
  assert.equal(missing.errno, -2)
})

test('the stack names the file, line and column where it was thrown, and the thread', limit, async () => {
  const error = await panic(
    thread.builder({ name: 'parser' }).spawn(() => {
      throw new Error('here')
    }),
  )
  const [first] = error.stack!.split('\n').filter(line => line.includes('at '))
  const here = new Error().stack!.split('\n').find(line => line.includes('panic.test.ts'))!
  const lineOf = (frame: string) => Number(/panic\.test\.ts:(\d+):\d+/.exec(frame)![1])
  assert.match(first, /panic\.test\.ts:\d+:13\)?$/)
  assert.equal(lineOf(first), lineOf(here) - 4)
  assert.doesNotMatch(error.stack!, /\?fl=|worker\.js/)
  assert.match(error.stack!, /in thread "parser"$/)
})

test('a child’s panic that its parent does not catch names both threads in its stack', limit, async () => {
  const error = await panic(
    thread.builder({ name: 'outer' }).spawn(() =>
      thread
        .builder({ name: 'inner' })
        .spawn(() => {
          throw new TypeError('deep')
        })
        .join()
        .wait(),
    ),
  )
  assert.ok(error instanceof TypeError)
  assert.match(error.stack!, /in thread "inner"[\s\S]*in thread "outer"/)
})

test('a thrown value that is not an Error arrives in a PanicError', limit, async () => {
  for (const value of ['text', 5, null, undefined, { code: 7 }, [1]]) {
    const thrown = clone(value)
    const error = await panic(
      thread.spawn(
        move(() => {
          throw thrown
        }),
      ),
    )
    assert.ok(error instanceof PanicError)
    assert.deepEqual(error.payload, value)
    assert.equal(error.code, 'FL0001')
  }
})

test('properties of an error that cannot cross are described', limit, async () => {
  const f = await panic(
    thread.spawn(() => {
      throw () => 1
    }),
  )
  assert.ok(f instanceof PanicError)
  assert.equal(f.payload, '() => 1')
  const holding = await panic(
    thread.spawn(() => {
      throw Object.assign(new TypeError('has a function'), { f: () => 1 })
    }),
  )
  assert.match(holding.message, /has a function/)
  assert.match(holding.stack!, /panic\.test\.ts/)
  const symbol = await panic(
    thread.spawn(() => {
      throw Symbol('strange')
    }),
  )
  assert.match(String(symbol.payload), /strange/)
  const hostile = await panic(
    thread.spawn(() => {
      throw {
        get x() {
          throw new Error('no')
        },
        toString() {
          throw new Error('never')
        },
      }
    }),
  )
  assert.ok(hostile instanceof Error)
})

test('a result that cannot cross makes its thread panic', limit, async () => {
  const error = await panic((thread.spawn as (f: () => unknown) => JoinHandle<unknown>)(() => new Rc(5)))
  assert.equal(error.code, 'FL2002')
})

test('an async closure that rejects makes its thread panic', limit, async () => {
  const early = await panic(
    thread.spawn(async () => {
      throw new TypeError('early')
    }),
  )
  assert.ok(early instanceof TypeError)
  const late = await panic(
    thread.spawn(async () => {
      await thread.yieldNow()
      throw new RangeError('late')
    }),
  )
  assert.ok(late instanceof RangeError)
})

test('an error in a timer of a thread makes the thread panic, even while the thread waits', limit, async () => {
  const error = await panic(
    thread.spawn(async () => {
      setTimeout(() => {
        throw new TypeError('from a timer')
      }, 1)
      await new Promise<void>(() => {})
    }),
  )
  assert.ok(error instanceof TypeError)
  assert.equal(error.message, 'from a timer')
  const value = await panic(
    thread.spawn(async () => {
      setTimeout(() => {
        throw 7
      }, 1)
      await new Promise<void>(() => {})
    }),
  )
  assert.equal(value.payload, 7)
})

test('an unhandled rejection makes its thread panic', limit, async () => {
  const waiting = await panic(
    thread.spawn(async () => {
      void Promise.reject(new TypeError('nobody listens'))
      await new Promise<void>(() => {})
    }),
  )
  assert.equal(waiting.message, 'nobody listens')
  const returning = await panic(
    thread.spawn(async () => {
      void Promise.reject(new TypeError('at the end'))
    }),
  )
  assert.equal(returning.message, 'at the end')
})

test('a rejection that a finished thread left does not make the next thread panic', limit, async () => {
  for (let i = 0; i < 20; i++) {
    // The rejection is printed on stderr.
    await thread
      .spawn(() => {
        if (Math.random() < 2) return
        void Promise.reject(new Error('unreachable'))
      })
      .join()
    assert.equal(
      await thread
        .spawn(async () => {
          await thread.yieldNow()
          return 1
        })
        .join(),
      1,
    )
  }
})

test('process.exit in a thread ends only that thread, and the join reports its code', limit, async () => {
  const error = await panic(thread.spawn(() => process.exit(3)))
  assert.ok(error instanceof PanicError)
  assert.match(error.message, /process\.exit\(3\)/)
  assert.equal(await thread.spawn(() => 1).join(), 1)
})

test('a panic drops the handles of its thread', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  const handle = thread.spawn(
    move(async () => {
      tx.send(1)
      setTimeout(() => {
        throw new Error('uncaught')
      }, 1)
      await new Promise<void>(() => {})
    }),
  )
  const got: number[] = []
  for (const value of rx) got.push(value)
  assert.deepEqual(got, [1])
  assert.equal((await panic(handle)).message, 'uncaught')
})

test('a recursion that is too deep throws RangeError, and its worker runs further threads', limit, async () => {
  const error = await panic(
    thread.spawn(() => {
      const f = (): number => 1 + f()
      return f()
    }),
  )
  assert.ok(error instanceof RangeError)
})

test('a thread with a bigger stack recurses deeper', limit, async () => {
  const depth = () => {
    let n = 0
    const f = (): void => {
      n++
      f()
    }
    try {
      f()
    } catch {
      // The recursion has reached the end of the stack.
    }
    return n
  }
  const usual = await thread.spawn(depth).join()
  const bigger = await thread.builder({ stackSizeMb: 32 }).spawn(depth).join()
  assert.ok(bigger > usual * 3, `${bigger} > 3 * ${usual}`)
})

test('a thread that runs out of memory panics, and other threads run on', { timeout: 60_000 }, async () => {
  const handle = thread.builder({ heapSizeMb: 32 }).spawn(() => {
    const hoard: unknown[] = []
    for (;;) hoard.push(new Array(10_000).fill(hoard.length))
  })
  const error = await panic(handle)
  assert.ok(error instanceof PanicError)
  assert.match(error.message, /memory/)
  assert.equal(await thread.spawn(() => 1).join(), 1)
})

test('limits that are not positive numbers are refused', limit, () => {
  for (const size of [0, -1, NaN]) {
    assert.throws(() => thread.builder({ stackSizeMb: size }), RangeError)
    assert.throws(() => thread.builder({ heapSizeMb: size }), RangeError)
  }
})

test('T04: a sender in a thrown value moves to the joiner', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  const error = await panic(
    thread.spawn(
      move(() => {
        throw Object.assign(new Error('with a sender'), { tx })
      }),
    ),
  )
  const mine = error.tx as typeof tx
  mine.send(7)
  assert.equal(await rx.recv(), 7)
  drop(mine)
  await assert.rejects(async () => rx.recv(), ClosedError)
})
