/** threadLocal: made on first use, once per thread, new for each thread of a worker, disposed before join returns. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AtomicI32, Mutex, Arc, closure, move, mpsc, sleep, thread, threadLocal, type Sender } from 'fearless'

const limit = { timeout: 20_000 }

const counter = threadLocal(() => 0)
const list = threadLocal(() => [] as number[])

test('each thread has its own value, made on its first use', limit, async () => {
  counter.value = 10
  for (let i = 0; i < 20; i++) {
    assert.equal(
      await thread
        .spawn(() => {
          counter.value += 1
          counter.value += 1
          return counter.value
        })
        .join(),
      2,
    )
  }
  assert.equal(counter.value, 10)
  assert.equal(
    counter.with(n => n + 1),
    11,
  )
})

test('a thread keeps its value across awaits', limit, async () => {
  const kept = await thread
    .spawn(async () => {
      list.value.push(1)
      await thread.yieldNow()
      list.value.push(2)
      return list.value
    })
    .join()
  assert.deepEqual(kept, [1, 2])
  assert.deepEqual(list.value, [])
})

class Farewell {
  sender: Sender<string> | undefined
  readonly word: string
  constructor(word: string) {
    this.word = word
  }
  [Symbol.dispose](): void {
    this.sender?.send(`${this.word} disposed`)
    if (this.word === 'failing') throw new RangeError('from a disposer')
  }
}
const first = threadLocal(() => new Farewell('first'))
const second = threadLocal(() => new Farewell('second'))
const failing = threadLocal(() => new Farewell('failing'))

test('values are disposed in reverse order when the thread finishes, before join returns', limit, () => {
  const [tx, rx] = mpsc.channel<string>()
  const other = tx.clone()
  thread
    .spawn(
      move(() => {
        first.value.sender = tx
        second.value.sender = other
      }),
    )
    .join()
    .wait()
  assert.equal(rx.recv().try(), 'second disposed')
  assert.equal(rx.recv().try(), 'first disposed')
  assert.throws(() => rx.recv().try(), { code: 'FL0003' })
})

test('values are disposed when the thread panics', limit, async () => {
  const [tx, rx] = mpsc.channel<string>()
  await assert.rejects(
    async () =>
      thread
        .spawn(
          move(() => {
            first.value.sender = tx
            throw new Error('x')
          }),
        )
        .join(),
    { message: 'x' },
  )
  assert.equal(rx.recv().try(), 'first disposed')
})

test('an error of a disposer makes its thread panic after the other values were disposed', limit, async () => {
  const [tx, rx] = mpsc.channel<string>()
  const handle = thread.spawn(
    move(() => {
      first.value.sender = tx
      void failing.value
      return 1
    }),
  )
  await assert.rejects(async () => handle.join(), { name: 'RangeError', message: 'from a disposer' })
  assert.equal(rx.recv().wait(), 'first disposed')
  assert.equal(await thread.spawn(() => counter.value).join(), 0)
})

const late = threadLocal(() => ({
  [Symbol.dispose]() {
    counter.value += 1
  },
}))

test('a disposer may not make new thread-locals', limit, async () => {
  await assert.rejects(
    async () =>
      thread
        .spawn(() => {
          void late.value
        })
        .join(),
    { code: 'FL0007' },
  )
})

const throwing = threadLocal((): number => {
  throw new TypeError('no initial value')
})

test('an initialiser that throws is called again on the next use', limit, async () => {
  const tries = await thread
    .spawn(() => {
      let count = 0
      for (let i = 0; i < 2; i++)
        try {
          void throwing.value
        } catch {
          count++
        }
      return count
    })
    .join()
  assert.equal(tries, 2)
})

test('a lock that a finishing thread holds is poisoned and released', limit, async () => {
  const mutex = new Arc(new Mutex(1))
  await thread
    .spawn(
      move(() => {
        const guard = mutex.lock().wait()
        guard.value = 2
      }),
    )
    .join()
  assert.equal(mutex.isPoisoned, true)
  await assert.rejects(async () => mutex.lock(), { code: 'FL0002' })
  mutex.clearPoison()
  assert.equal(await mutex.update(n => n), 2)
})

test('replace and take return the old value', limit, () => {
  const local = threadLocal(() => ['first'])
  assert.deepEqual(local.replace(['second']), ['first'])
  assert.deepEqual(local.take(), ['second'])
  assert.deepEqual(local.value, ['first'])
})

test('timers and listeners of a finished thread do not reach the next thread', limit, async () => {
  const ticks = new AtomicI32(0)
  for (let i = 0; i < 8; i++) {
    await thread
      .spawn(
        move(() => {
          setInterval(() => ticks.fetchAdd(1), 1)
        }),
      )
      .join()
    await thread
      .spawn(
        move(async () => {
          setTimeout(() => {
            throw new Error('left behind')
          }, 60)
        }),
      )
      .join()
  }
  const before = ticks.load()
  for (let i = 0; i < 8; i++) {
    assert.equal(
      await thread
        .spawn(async () => {
          await sleep(20)
          return 'clean'
        })
        .join(),
      'clean',
    )
  }
  assert.equal(ticks.load(), before)
})

test('changes of a finished thread to its process do not reach the next thread of the same worker', limit, async () => {
  const kinds = ['interval', 'unreferenced', 'listener', 'once', 'global', 'title'] as const
  const leave = move((kind: (typeof kinds)[number]) => {
    if (kind === 'interval') setInterval(() => {}, 1)
    else if (kind === 'unreferenced') setInterval(() => {}, 1).unref()
    else if (kind === 'listener') process.on('exit', () => {})
    else if (kind === 'once') process.once('SIGUSR2', () => {})
    else if (kind === 'global') Object.assign(globalThis, { left: 1 })
    else process.title = 'left'
    return ''
  })
  const look = closure(() => ['left' in globalThis, process.title, process.eventNames().length].join())
  const clean = await thread.spawn(look)
  for (const kind of kinds) {
    // Queued together, so that a worker takes one directly after the other.
    const handles = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? thread.spawn(leave, kind) : thread.spawn(look)))
    for (const [i, handle] of handles.entries()) {
      const seen = await handle
      if (i % 2 === 1) assert.equal(seen, clean)
    }
  }
})

test('all threads share the environment of the process, as in Rust', limit, async () => {
  await thread.spawn(() => void (process.env.OF_A_THREAD = 'set'))
  assert.equal(process.env.OF_A_THREAD, 'set')
  process.env.OF_A_THREAD = 'changed'
  assert.equal(await thread.spawn(() => process.env.OF_A_THREAD), 'changed')
  delete process.env.OF_A_THREAD
})

test('timers and listeners that a thread has removed do not end its worker', limit, async () => {
  const worker = closure(() => performance.timeOrigin)
  const workers = new Set<number>()
  for (let i = 0; i < 50; i++) {
    await thread.spawn(() => {
      const listener = (): void => {}
      process.on('exit', listener)
      process.off('exit', listener)
      clearInterval(setInterval(() => {}, 1000).unref())
    })
    workers.add(await thread.spawn(worker))
  }
  assert.ok(workers.size <= thread.availableParallelism() + 1, `${workers.size} workers`)
})

test('a thread that finishes during a wait leaves no waiter in the wait queue', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  const mutex = new Arc(new Mutex(0))
  const guard = await mutex.lock()
  await thread
    .spawn(
      move(async () => {
        void rx.recv().then(() => {})
        void mutex.lock().then(() => {})
        await thread.yieldNow()
      }),
    )
    .join()
  assert.throws(() => tx.send(1), { code: 'FL0003' })
  guard[Symbol.dispose]()
  assert.equal(await mutex.update(n => n + 1), 1)
})
