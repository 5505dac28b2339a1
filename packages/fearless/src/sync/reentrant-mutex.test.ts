/**
 * Tests of ReentrantMutex: its holder may lock it again, other threads wait for the last guard, and all guards share
 * one value.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arc, DroppedError, ReentrantMutex, TimeoutError, drop, move, select, sleep, thread } from 'fearless'

/** `drop` without its assertion that the handle is unusable, because these tests use it afterwards to see the error. */
const end: (thing: Parameters<typeof drop>[0]) => void = drop

const limit = { timeout: 20_000 }

test('the holder locks it again and all its guards share one value', limit, async () => {
  const m = new Arc(new ReentrantMutex({ list: [1] }))
  const tried = async (): Promise<boolean> =>
    thread
      .spawn(
        move(() => {
          const g = m.lock().try()
          return g !== undefined
        }),
      )
      .join()
  {
    using a = m.lock().wait()
    a.value.list.push(2)
    {
      using b = await m.lock()
      b.value.list.push(3)
      assert.equal(a.value, b.value)
    }
    assert.deepEqual(a.value.list, [1, 2, 3])
    assert.equal(await tried(), false)
    const c = Arc.clone(m).lock().wait()
    c.value = { list: [9] }
    assert.deepEqual(a.value.list, [9])
    end(a)
    // The last guard to be released writes the value back.
    c.value.list.push(10)
    assert.equal(await tried(), false)
    end(c)
    end(c)
  }
  assert.equal(await tried(), true)
  assert.deepEqual(m.lock().wait().value.list, [9, 10])
})

test('a ReentrantMutex supports numbers and time limits, and refuses a released guard', limit, async () => {
  const m = new Arc(new ReentrantMutex(1))
  const a = m.lock().wait()
  const b = m.lock().try()!
  a.value++
  b.value++
  assert.equal(a.value, 3)
  const t = thread.spawn(
    move(() => {
      try {
        m.lock().wait(5)
      } catch (error) {
        return (error as Error).name
      }
      return ''
    }),
  )
  assert.equal(await t.join(), 'TimeoutError')
  end(a)
  assert.throws(() => a.value, DroppedError)
  assert.throws(() => (a.value = 1), DroppedError)
  const waits = thread.spawn(move(() => m.lock().wait().value))
  await sleep(2)
  end(b)
  assert.equal(await waits.join(), 3)
  assert.equal((await select({ m: m.lock(), late: sleep(1000) })).key, 'm')
  await assert.rejects(async () => sleep(100).within(1), TimeoutError)
})

test('a thread that ends or dies while it holds the lock leaves it free and unpoisoned', limit, async () => {
  for (const how of ['ends', 'throws', 'exits'] as const) {
    const m = new Arc(new ReentrantMutex([0]))
    const t = thread.spawn(
      move(() => {
        const a = m.lock().wait()
        const b = m.lock().wait()
        a.value = [1]
        b.value.push(2)
        if (how === 'throws') throw new Error('bang')
        if (how === 'exits') process.exit(1)
      }),
    )
    await t.join().then(
      () => {},
      () => {},
    )
    // An assigned value counts. Changes inside a value that was not written back are lost.
    using g = await m.lock()
    assert.deepEqual(g.value, [1], how)
  }
})

test('threads lose no update', limit, async () => {
  const m = new Arc(new ReentrantMutex({ n: 0 }))
  const threads = [0, 1, 2].map(() =>
    thread.spawn(
      move(() => {
        for (let i = 0; i < 3000; i++) {
          using a = m.lock().wait()
          a.value.n++
          if (i % 3 === 0) {
            using b = m.lock().wait()
            b.value.n++
          }
        }
      }),
    ),
  )
  for (const t of threads) await t.join()
  assert.equal(m.lock().wait().value.n, 12_000)
})
