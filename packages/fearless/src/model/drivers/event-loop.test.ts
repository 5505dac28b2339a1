import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ModelFailure, model } from '../model.ts'

const after = (ms: number): Promise<void> => new Promise(done => void setTimeout(done, ms))

async function failureOf(run: Promise<unknown>): Promise<ModelFailure> {
  try {
    await run
  } catch (error) {
    if (error instanceof ModelFailure) return error
    throw error
  }
  return assert.fail('nothing failed')
}

test('virtual time advances only if no other step is possible', async () => {
  const real = performance.now()
  const { complete, executions } = await model(async () => {
    const [date, start] = [Date.now(), performance.now()]
    await after(3_600_000)
    assert.equal(performance.now() - start, 3_600_000)
    assert.equal(Date.now() - date, 3_600_000)
    assert.equal(new Date().getTime(), Date.now())
  })
  assert.deepEqual({ complete, executions }, { complete: true, executions: 1 })
  assert.ok(performance.now() - real < 60_000)
})

test('completions that are ready at the same time run in every order', async () => {
  const orders = new Set<string>()
  await model(async () => {
    let order = ''
    const say = async (name: string): Promise<void> => {
      await after(5)
      order += name
    }
    await Promise.all([say('a'), say('b'), say('c')])
    orders.add(order)
  })
  assert.deepEqual([...orders].sort(), ['abc', 'acb', 'bac', 'bca', 'cab', 'cba'])
})

test('a timer that is due earlier runs earlier', async () => {
  await model(async () => {
    const order: number[] = []
    await Promise.all([5, 1, 3].map(async ms => order.push(await after(ms).then(() => ms))))
    assert.deepEqual(order, [1, 3, 5])
  })
})

test('an interval repeats until it is cleared', async () => {
  await model(async () => {
    let ticks = 0
    const timer = setInterval(() => {
      if (++ticks === 3) clearInterval(timer)
    }, 10)
    await after(1000)
    assert.equal(ticks, 3)
  })
})

test('Math.random gives the same numbers in every execution', async () => {
  const seen = new Set<number>()
  await model(async ({ choose }) => {
    choose(3)
    seen.add(Math.random())
  })
  assert.equal(seen.size, 1)
})

test('the globals are restored after a model', async () => {
  const before = [globalThis.setTimeout, globalThis.Date, Math.random]
  await model(async () => assert.notEqual(globalThis.Date, before[1]))
  assert.deepEqual([globalThis.setTimeout, globalThis.Date, Math.random], before)
  assert.ok(Date.now() > Date.UTC(2021, 0, 1))
})

test('a check that an await separates from its action is found', async () => {
  const failure = await failureOf(
    model(async () => {
      let balance = 100
      async function withdraw(amount: number): Promise<void> {
        if (balance < amount) return
        await after(1)
        balance -= amount
      }
      await Promise.all([withdraw(80), withdraw(80)])
      assert.ok(balance >= 0, 'overdrawn')
    }),
  )
  assert.equal(failure.code, 'FL5001')
  assert.match(failure.message, /overdrawn/)
  assert.match(failure.message, /timer 1 runs at 1 ms/)
})

test('a thread wakes a waitAsync before or after the wait begins', async () => {
  const seen = new Set<string>()
  const { complete } = await model(async ({ Atomics, Int32Array, thread }) => {
    const words = new Int32Array(1)
    const waker = thread.spawn(() => {
      Atomics.store(words, 0, 1)
      Atomics.notify(words, 0)
    })
    const result = Atomics.waitAsync(words, 0, 0)
    seen.add(result.async ? await result.value : result.value)
    waker.join()
    assert.equal(Atomics.load(words, 0), 1)
  })
  assert.ok(complete)
  assert.deepEqual([...seen].sort(), ['not-equal', 'ok'])
})

test('a lost wake-up of an event loop is found and replayed', async () => {
  const program = async ({ Atomics, Int32Array, thread }: import('../model.ts').Simulation): Promise<void> => {
    const words = new Int32Array(2)
    thread.spawn(() => {
      Atomics.store(words, 0, 1)
      Atomics.notify(words, 1)
    }, 'waker')
    if (Atomics.load(words, 0) === 1) return
    const result = Atomics.waitAsync(words, 1, 0)
    if (result.async) await result.value
  }
  const failure = await failureOf(model(program))
  assert.match(failure.message, /main awaits a promise that no thread will settle/)
  const again = await failureOf(model(program, { replay: failure.replay }))
  assert.deepEqual(again.trace, failure.trace)
})

test('a promise that no thread settles is a deadlock', async () => {
  const failure = await failureOf(model(async () => new Promise<void>(() => {})))
  assert.equal(failure.code, 'FL5002')
})

test('a synchronous program that returns a promise is refused', () => {
  assert.throws(
    () => model((() => Promise.resolve()) as () => void),
    (error: unknown) => (error as ModelFailure).code === 'FL5009',
  )
})
