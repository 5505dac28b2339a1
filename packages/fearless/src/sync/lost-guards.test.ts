/** Tests of lost guards: a guard that becomes garbage before its release does not keep its lock locked. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  Arc,
  Condvar,
  Mutex,
  ReentrantMutex,
  RwLock,
  Semaphore,
  drop,
  lockAll,
  move,
  select,
  sleep,
  thread,
} from 'fearless'
import { platform } from '../../dist/internal.js'

const limit = { timeout: 30_000 }
setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

/** Collects garbage until `done` returns true. Returns the reports that were printed. */
async function reportsUntil(done: () => boolean): Promise<string> {
  let text = ''
  const { printError } = platform
  ;(platform as { printError: (text: string) => void }).printError = more => (text += more)
  try {
    for (let i = 0; i < 200 && !done(); i++) {
      await sleep(1)
      gc()
      await sleep(1)
    }
  } finally {
    ;(platform as { printError: (text: string) => void }).printError = printError
  }
  return text
}

/** Checks without a Wait, because the library allocates only a few Waits per method. */
const isFree = (lock: Mutex<number>) => (): boolean => !lock.isLocked

/** All ways to lose the guard of a Mutex. */
const ways: Record<string, (m: Mutex<number>) => PromiseLike<unknown>> = {
  'a callback of then': m =>
    m.lock().then(g => {
      g.value++
    }),
  'an await without a variable': async m => {
    await m.lock()
  },
  'an await of one field': async m => {
    const { value } = await m.lock()
    return value
  },
  'a select': m => select({ a: m.lock(), late: sleep(10_000) }),
  within: async m => {
    await m.lock().within(100)
  },
  lockAll: async m => {
    await lockAll(m)
  },
  'an array that is emptied': async m => {
    const all = [await m.lock()]
    all.length = 0
  },
  'a wait that had to be registered': async m => {
    const first = await m.lock()
    const second = m.lock().then(g => g.value)
    await sleep(2)
    drop(first)
    await second
  },
  'until of a Condvar': async m => {
    const news = new Condvar()
    const g = await m.lock()
    const waits = news.until(g).then(() => {})
    await sleep(1)
    news.notifyAll()
    await waits
  },
}

for (const [name, lose] of Object.entries(ways)) {
  test(`a guard lost by ${name} releases and poisons its lock, with a report`, limit, async () => {
    const m = new Mutex(0)
    await lose(m)
    const text = await reportsUntil(isFree(m))
    assert.equal(isFree(m)(), true)
    assert.equal(m.isPoisoned, true)
    assert.match(
      text,
      /^A Guard acquired at \S*lost-guards\.test\.ts:\d+:\d+ was garbage-collected .* Its lock was released and poisoned\./m,
    )
  })
}

test('a lost guard of a writer releases and poisons its lock', limit, async () => {
  const lock = new RwLock(0)
  await (async () => {
    await lock.write()
  })()
  const text = await reportsUntil(() => lock.isPoisoned)
  assert.equal(lock.isPoisoned, true)
  assert.match(text, /A WriteGuard.* was garbage-collected/)
  lock.clearPoison()
  drop(lock.write().try()!)
})

test('lost guards of readers release the lock and poison nothing', limit, async () => {
  const lock = new RwLock(0)
  await (async () => {
    await lock.read()
    await lock.upgradableRead()
    await lock.read()
  })()
  let free = false
  const text = await reportsUntil(() => {
    const guard = lock.write().try()
    if (guard !== undefined) drop(guard)
    return (free = guard !== undefined)
  })
  assert.equal(free, true)
  assert.equal(lock.isPoisoned, false)
  assert.match(text, /A ReadGuard/)
  assert.match(text, /An? UpgradableGuard/)
})

test('a lost guard of a ReentrantMutex releases its lock', limit, async () => {
  const m = new Arc(new ReentrantMutex({ n: 0 }))
  await (async () => {
    ;(await m.lock()).value.n++
  })()
  let free = false
  await reportsUntil(() => free || ((free = thread.spawn(move(() => m.lock().try() !== undefined)).wait()), free))
  assert.equal(free, true)
})

test('lost permits of a Semaphore return to it, also if they were acquired by blocking', limit, async () => {
  const s = new Semaphore(3)
  await (async () => {
    await s.acquire(2)
    s.acquire().wait()
  })()
  const text = await reportsUntil(() => s.availablePermits === 3)
  assert.equal(s.availablePermits, 3)
  assert.match(text, /A SemaphorePermit was garbage-collected/)
})

test('a permit that was moved, dropped or forgotten is not returned again', limit, async () => {
  const s = new Semaphore(4)
  await (async () => {
    const moved = await s.acquire()
    await thread.spawn(permit => drop(permit), moved)
    drop(await s.acquire())
    ;(await s.acquire()).forget()
  })()
  assert.equal(await reportsUntil(() => false), '')
  assert.equal(s.availablePermits, 3)
})

test('a guard that is held or was released is not reported as lost', limit, async () => {
  const m = new Mutex(0)
  const kept = await m.lock()
  const others = await Promise.all(
    [1, 2, 3].map(async n => {
      const other = new Mutex(n)
      drop(await other.lock())
      {
        using g = await other.lock()
        g.value++
      }
      return other
    }),
  )
  const rw = new RwLock(0)
  {
    using _w = (await rw.write()).downgrade()
  }
  {
    using r = await rw.upgradableRead()
    using w = await r.upgrade()
    w.value++
  }
  assert.equal(await reportsUntil(() => false), '')
  kept.value = 1
  drop(kept)
  assert.deepEqual([m.isPoisoned, rw.isPoisoned, ...others.map(o => o.isPoisoned)], [false, false, false, false, false])
  assert.equal(await rw.with(n => n), 1)
})

test('a guard that until of a Condvar acquired again is not reported as lost', limit, async () => {
  const m = new Arc(new Mutex(0))
  const news = new Condvar()
  const waits = (async () => {
    using g = await m.lock()
    await news.until(g, n => n > 0)
    await sleep(20)
    return g.value
  })()
  await m.update(() => 1)
  news.notifyAll()
  assert.equal(await reportsUntil(() => false), '')
  assert.equal(await waits, 1)
  assert.equal(m.isPoisoned, false)
})

test('a thread that waits for the lock of a lost guard acquires it', limit, async () => {
  const m = new Arc(new Mutex(0))
  await m.lock().then(g => {
    g.value++
  })
  const waits = thread.spawn(
    move(() => {
      try {
        return m.with(n => n).wait()
      } catch (error) {
        return (error as Error).name
      }
    }),
  )
  let answer: unknown
  void waits.then(value => {
    answer = value
  })
  await reportsUntil(() => answer !== undefined)
  assert.equal(answer, 'PoisonError')
})
