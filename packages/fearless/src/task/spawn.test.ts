import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { execFile } from 'node:child_process'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import { CancelledError, DeadlockError, TimeoutError, drop, mpsc, move, select, sleep, task, thread } from 'fearless'

const limit = { timeout: 10_000 }

describe('task.spawn', limit, () => {
  test('bodies begin in order after spawn has returned, without being awaited', async () => {
    const seen: string[] = []
    for (const name of ['a', 'b', 'c']) task.spawn(() => void seen.push(name))
    seen.push('spawned')
    await Promise.resolve()
    assert.deepEqual(seen, ['spawned', 'a', 'b', 'c'])
  })

  test('every join returns the value of the body', async () => {
    const value = { here: true }
    const handle = task.spawn(async () => value)
    assert.equal(handle.isFinished(), false)
    assert.equal(handle.join().try(), undefined)
    assert.equal(await handle.join(), value)
    assert.equal(await handle.join(), value)
    assert.equal(handle.isFinished(), true)
    assert.equal(handle.join().try(), value)
    assert.equal(handle.join().wait(), value)
  })

  test('a TaskHandle can be awaited, tried, limited and selected as any Wait', async () => {
    const [tx, rx] = mpsc.channel<number>()
    const handle = task.spawn(() => rx.recv())
    assert.equal(handle.try(), undefined)
    await assert.rejects(handle.within(5), TimeoutError)
    assert.throws(() => handle.wait(), DeadlockError)
    tx.send(7)
    assert.deepEqual(await select({ handle, late: sleep(1000) }), { key: 'handle', value: 7 })
    assert.equal(await handle, 7)
    assert.equal(handle.wait(), 7)
    assert.equal(handle.try(), 7)
  })

  test('a TaskHandle supports then, catch, finally and the combinators of promises', async () => {
    const failing = () =>
      task.spawn((): number => {
        throw new RangeError('no')
      })
    assert.deepEqual(await Promise.all([1, 2].map(n => task.spawn(() => n))), [1, 2])
    const twice = task.spawn(() => 3)
    assert.deepEqual(await Promise.all([twice, twice]), [3, 3])
    const [good, bad] = await Promise.allSettled([task.spawn(() => 4), failing()])
    assert.deepEqual([good.status, bad.status], ['fulfilled', 'rejected'])
    await assert.rejects(failing(), RangeError)
    assert.equal(await failing().catch(error => String(error)), 'RangeError: no')
    let ended = 0
    assert.equal(await task.spawn(() => 5).finally(() => ended++), 5)
    await assert.rejects(
      failing().finally(() => ended++),
      RangeError,
    )
    assert.equal(ended, 2)
    assert.equal(await task.scope(s => s.spawn(() => 6)), 6)
  })

  test('a body need not be async', async () => {
    assert.equal(await task.spawn(() => 5).join(), 5)
  })

  test('a Wait that the body returns is waited for', async () => {
    const [tx, rx] = mpsc.channel<number>()
    const handle = task.spawn(() => rx.recv())
    tx.send(7)
    assert.equal(await handle.join(), 7)
  })

  test('join throws the error object of the task', async () => {
    const error = new RangeError('no')
    for (const body of [
      () => {
        throw error
      },
      async () => {
        throw error
      },
    ]) {
      const handle = task.spawn(body)
      await assert.rejects(
        async () => await handle.join(),
        thrown => thrown === error,
      )
      assert.throws(
        () => handle.join().wait(),
        thrown => thrown === error,
      )
    }
  })

  test('join throws a value that is not an Error unchanged', async () => {
    const handle = task.spawn(() => {
      throw 'text'
    })
    await assert.rejects(
      async () => await handle.join(),
      thrown => thrown === 'text',
    )
  })

  test('blocking on a task of this thread throws DeadlockError unless it has ended', async () => {
    const handle = task.spawn(async () => 1)
    assert.throws(() => handle.join().wait(), DeadlockError)
    assert.throws(() => handle.join().wait(5), DeadlockError)
    assert.throws(() => select({ join: handle.join(), late: sleep(1000) }).wait(), DeadlockError)
    assert.equal(await handle.join(), 1)
    assert.equal(handle.join().wait(), 1)
  })

  test('a dropped handle detaches its task', async () => {
    const ran = Promise.withResolvers<void>()
    const handle = task.spawn(async () => {
      await Promise.resolve()
      ran.resolve()
    })
    drop(handle)
    await ran.promise
  })

  test('a join that has timed out may be repeated', async () => {
    const gate = Promise.withResolvers<number>()
    const handle = task.spawn(() => gate.promise)
    await assert.rejects(async () => await handle.join().within(5), TimeoutError)
    gate.resolve(3)
    assert.equal(await handle.join().within(5000), 3)
  })

  test('several waits of different kinds may join one task', async () => {
    const gate = Promise.withResolvers<number>()
    const handle = task.spawn(() => gate.promise)
    const other = task.spawn(() => new Promise<never>(() => {}))
    const all = Promise.all([
      handle.join(),
      handle.join().within(5000),
      select({ handle: handle.join(), other: other.join() }),
      select({ other: other.join(), handle: handle.join(), late: sleep(5000) }),
    ])
    gate.resolve(9)
    assert.deepEqual(await all, [9, 9, { key: 'handle', value: 9 }, { key: 'handle', value: 9 }])
  })

  test('a task begins in the asynchronous context of its spawn', async () => {
    const context = new AsyncLocalStorage<string>()
    const seen = (): string | undefined => context.getStore()
    const [a, b] = ['a', 'b'].map(name => context.run(name, () => task.spawn(seen)))
    assert.deepEqual([await a.join(), await b.join()], ['a', 'b'])
  })

  test('a thread may spawn tasks', async () => {
    const sum = await thread
      .spawn(
        move(async () => {
          const handles = [1, 2, 3].map(i => task.spawn(async () => i))
          let total = 0
          for (const handle of handles) total += await handle.join()
          return total
        }),
      )
      .join()
    assert.equal(sum, 6)
  })

  test('a task does not cross to a thread', () => {
    const [tx] = mpsc.channel<unknown>()
    assert.throws(
      () => tx.send(task.spawn(() => 1) as never),
      /TaskHandle cannot be sent between threads\. Send the value/,
    )
  })

  test('a body that is not a function is refused', () => {
    assert.throws(() => task.spawn(5 as never), /`spawn` expects a function, got 5/)
  })
})

describe('abort', limit, () => {
  test('a task that is aborted before it begins never begins', async () => {
    let began = false
    const handle = task.spawn(() => {
      began = true
    })
    handle.abort()
    assert.equal(handle.isFinished(), true)
    await assert.rejects(async () => await handle.join(), CancelledError)
    await task.yieldNow()
    assert.equal(began, false)
  })

  test('a task that takes its signal ends when its body does', async () => {
    const cleaning = Promise.withResolvers<void>()
    const steps: string[] = []
    const handle = task.spawn(async signal => {
      try {
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      } finally {
        steps.push('cleaning')
        await cleaning.promise
        steps.push('clean')
      }
    })
    await task.yieldNow()
    handle.abort()
    handle.abort()
    await task.yieldNow()
    assert.equal(handle.isFinished(), false)
    cleaning.resolve()
    await assert.rejects(async () => await handle.join(), CancelledError)
    assert.deepEqual(steps, ['cleaning', 'clean'])
    assert.equal(handle.isFinished(), true)
  })

  test('an error of the body after an abort becomes the cause', async () => {
    const error = new Error('disk full')
    const handle = task.spawn(async signal => {
      await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
      throw error
    })
    await task.yieldNow()
    handle.abort()
    const thrown: unknown = await handle.join().then(undefined, reason => reason)
    assert.ok(thrown instanceof CancelledError)
    assert.equal(thrown.cause, error)
  })

  test('the joiner of an aborted task does not wait for a body without a signal', async () => {
    const late = Promise.withResolvers<string>()
    const handle = task.spawn(() => late.promise)
    const joined = assert.rejects(async () => await handle.join(), CancelledError)
    await task.yieldNow()
    handle.abort()
    await joined
    late.resolve('dropped')
    await task.yieldNow()
    await assert.rejects(async () => await handle.join(), CancelledError)
  })

  test('a finished task keeps its value', async () => {
    const handle = task.spawn(async () => 4)
    await handle.join()
    handle.abort()
    assert.equal(await handle.join(), 4)
  })

  test('a task may abort itself', async () => {
    const handle: { abort(): void; join(): PromiseLike<unknown> } = task.spawn(async signal => {
      handle.abort()
      return signal.aborted
    })
    await assert.rejects(async () => await handle.join(), CancelledError)
  })
})

describe('yieldNow', limit, () => {
  test('yieldNow lets timers and immediates run first', async () => {
    let fired = false
    setTimeout(() => (fired = true), 0)
    while (!fired) await task.yieldNow()
  })

  test('a loop over a channel that is always ready starves no timer', async () => {
    const [tx, rx] = mpsc.channel<number>()
    let fired = false
    setTimeout(() => (fired = true), 0)
    let rounds = 0
    for (tx.send(0); !fired && rounds < 1e6; rounds++) {
      await rx.recv()
      tx.send(0)
    }
    assert.equal(fired, true)
    tx.send(0)
    fired = false
    setTimeout(() => (fired = true), 0)
    rounds = 0
    for await (const value of rx) {
      if (fired || ++rounds === 1e6) break
      tx.send(value)
    }
    assert.equal(fired, true)
  })

  test('a loop that joins tasks starves no timer', async () => {
    let fired = false
    setTimeout(() => (fired = true), 0)
    let rounds = 0
    while (!fired && rounds++ < 1e6) await task.spawn(async () => 1).join()
    assert.equal(fired, true)
  })
})

describe('a task that throws and is not joined', limit, () => {
  const run = async (program: string): Promise<string> => {
    const text = `import { task } from 'fearless'\n${program}`
    const { stderr } = await promisify(execFile)(process.execPath, ['--expose-gc', '--input-type=module', '-e', text], {
      cwd: import.meta.dirname,
    })
    return stderr
  }

  test('the error of an unjoined task is reported when the program ends', async () => {
    const stderr = await run(`task.spawn(async () => { throw new Error('lost') })`)
    assert.match(stderr, /^A task threw an error and was not joined\. .*\nError: lost\n    at /)
  })
  test('the error of an unjoined task is reported when its handle is garbage-collected', async () => {
    const stderr = await run(`
      task.spawn(async () => { throw new Error('lost') })
      for (let i = 0; i < 5; i++) { await task.yieldNow(); gc() }
      await task.yieldNow()
      process.stderr.write('and on it goes\\n')
    `)
    assert.match(stderr, /lost[^]*and on it goes/)
    assert.equal(stderr.match(/A task threw/g)?.length, 1)
  })
  test('the error of a task is not reported if the task is joined before or after it', async () => {
    const stderr = await run(`
      const fail = async () => { throw new Error('found') }
      const a = task.spawn(fail), b = task.spawn(fail)
      await a.join().then(undefined, () => {})
      await task.yieldNow()
      await b.join().then(undefined, () => {})
      task.spawn(() => new Promise(() => {})).abort()
    `)
    assert.equal(stderr, '')
  })
})

test('a body that is a revoked proxy, or that hides its length, rejects the task with its error', async () => {
  const { proxy, revoke } = Proxy.revocable(() => 1, {})
  revoke()
  await assert.rejects(task.spawn(proxy), TypeError)
  const shy = Object.defineProperty(() => 7, 'length', {
    get() {
      throw new RangeError('no length')
    },
  })
  assert.equal(await task.spawn(shy as () => number), 7)
})
