import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ModelFailure, model, type ModelOptions, type Simulation } from './model.ts'
import { RandomNumbers } from './search/random.ts'
import { ModelError } from './engine/error.ts'
import { inModel, threadState, world } from './drivers/world.ts'

type Program = (simulation: Simulation) => void

function errorOf(program: Program, options?: ModelOptions): ModelError {
  try {
    model(program, options)
  } catch (error) {
    if (error instanceof ModelError) return error
    throw error
  }
  return assert.fail('nothing failed')
}

function failureOf(program: Program, options?: ModelOptions): ModelFailure {
  const error = errorOf(program, options)
  assert.ok(error instanceof ModelFailure, error.message)
  return error
}

/** Each of `threads` threads reads a word and then writes its value + 1. */
const lost =
  (threads: number): Program =>
  ({ Atomics, Int32Array, thread }) => {
    const n = new Int32Array(1)
    const all = Array.from({ length: threads }, (_, i) =>
      thread.spawn(() => {
        const old = Atomics.load(n, 0)
        Atomics.store(n, 0, old + 1)
      }, `adder ${i}`),
    )
    for (const t of all) t.join()
    assert.equal(Atomics.load(n, 0), threads)
  }

test('a failure reports its cause, its steps and its replay string', () => {
  const failure = failureOf(lost(2))
  assert.equal(failure.code, 'FL5001')
  assert.equal((failure.cause as Error).name, 'AssertionError')
  const lines = failure.message.split('\n')
  assert.match(lines[0], /^main threw AssertionError: Expected values to be strictly equal:/)
  assert.ok(lines.some(line => /^ +main +adder 0 +adder 1$/.test(line)))
  assert.ok(
    lines.some(line =>
      /^3  · +load i32\[\+0\] → 0 +· +model.test.ts:\d+  const old = Atomics.load\(n, 0\)$/.test(line),
    ),
  )
  assert.match(lines.at(-1)!, /^Found in interleaving 2. Run this one again with \{ replay: '1:[\dx.]+' \}.$/)
  assert.deepEqual(
    failure.trace.filter(step => step.name === 'adder 1').map(step => step.what),
    ['start', 'load i32[+0] → 0', 'store i32[+0] = 1'],
  )
  assert.deepEqual(JSON.parse(JSON.stringify(failure.trace)), failure.trace)
})

test('an error of a thread is thrown by join, or fails the model if no thread joins', () => {
  const caught = model(({ thread }) => {
    const t = thread.spawn(() => {
      throw new TypeError('mine')
    })
    assert.throws(() => t.join(), TypeError)
  })
  assert.ok(caught.complete)
  const failure = failureOf(({ thread }) => {
    thread.spawn(() => {
      throw new TypeError('mine')
    }, 'worker')
  })
  assert.match(failure.message, /^worker threw TypeError: mine/)
})

test('join returns the result of the thread', () => {
  model(({ thread }) => assert.equal(thread.spawn(() => 7).join(), 7))
})

test('a schedule is shrunk to the fewest preemptions', () => {
  // Random search finds it with many switches; one preemption suffices.
  const failure = failureOf(lost(3), { budgetMs: 1000 })
  let preemptions = 0
  const steps = failure.trace.filter(step => step.what !== 'start')
  for (let i = 1; i < steps.length; i++) {
    const [before, now] = [steps[i - 1], steps[i]]
    const goesOn = steps.slice(i).some(step => step.thread === before.thread)
    if (before.thread !== now.thread && goesOn && before.what.startsWith('load')) preemptions++
  }
  assert.equal(preemptions, 1)
})

test('the option preemptions bounds the search', () => {
  assert.ok(model(lost(2), { preemptions: 0 }).complete)
  assert.equal(failureOf(lost(2), { preemptions: 1 }).code, 'FL5001')
})

test('a program that is too large to exhaust is searched at random', () => {
  // Depth-first search changes the ends of executions first, and an execution that the last thread begins is far from
  // there.
  const program =
    (bug: boolean): Program =>
    ({ Atomics, Int32Array, thread }) => {
      const n = new Int32Array(1)
      const all = Array.from({ length: 6 }, (_, i) =>
        thread.spawn(() => {
          for (let round = 0; round < 6; round++) {
            const before = Atomics.add(n, 0, 1)
            if (bug && i === 5 && round === 1 && before < 3) throw new Error('the last thread was first')
          }
        }),
      )
      for (const t of all) t.join()
    }
  const { complete, executions } = model(program(false), { budgetMs: 200 })
  assert.ok(!complete && executions > 10)
  assert.match(failureOf(program(true), { budgetMs: 4000 }).message, /the last thread was first/)
})

test('the random generator gives the same numbers for the same seed', () => {
  const rolls = (seed: number): number[] => {
    const dice = new RandomNumbers(seed)
    return Array.from({ length: 20 }, () => dice.roll(6))
  }
  assert.deepEqual(rolls(7), rolls(7))
  assert.notDeepEqual(rolls(7), rolls(8))
  assert.equal(new Set(rolls(7)).size, 6)
})

test('all choices of the program are explored', () => {
  const seen = new Set<number>()
  const { executions } = model(({ choose }) => void seen.add(choose(3) * 10 + choose(2)))
  assert.deepEqual([...seen].sort(), [0, 1, 10, 11, 20, 21])
  assert.equal(executions, 6)
})

test('a thread may die at any step or during a sleep, and its reaper runs', () => {
  const seen = new Set<string>()
  const { complete } = model(
    ({ Atomics, Int32Array, thread }) => {
      const n = new Int32Array(3)
      world().onDeath(() => {
        Atomics.store(n, 1, 1)
        Atomics.notify(n, 1)
      })
      const victim = thread.spawn(() => {
        Atomics.add(n, 0, 1)
        Atomics.wait(n, 2, 0)
        Atomics.add(n, 0, 1)
      })
      Atomics.store(n, 2, 1)
      Atomics.notify(n, 2)
      victim.join()
      seen.add(`${Atomics.load(n, 0)} ${Atomics.load(n, 1)}`)
    },
    { kills: 1 },
  )
  assert.ok(complete)
  // It dies before the first step, between the two, after the last one but before its end, or not at all.
  for (const outcome of ['0 1', '1 1', '2 0', '2 1']) assert.ok(seen.has(outcome), outcome)
})

test('a lock whose holder dies is found', () => {
  const program: Program = ({ Atomics, Int32Array, thread }) => {
    const lock = new Int32Array(1)
    const locked = (): void => {
      while (Atomics.compareExchange(lock, 0, 0, 1) !== 0) Atomics.wait(lock, 0, 1)
      Atomics.store(lock, 0, 0)
      Atomics.notify(lock, 0, 1)
    }
    const all = [thread.spawn(locked, 'a'), thread.spawn(locked, 'b')]
    for (const t of all) t.join()
  }
  assert.ok(model(program).complete)
  // The thread dies between the release and the notify.
  const failure = failureOf(program, { kills: 1 })
  assert.equal(failure.code, 'FL5003')
  assert.ok(failure.trace.some(step => /^death of [ab]$/.test(step.name) && step.what === 'killed'))
  assert.equal(
    failureOf(program, { kills: 1, replay: failure.replay }).message.split('\n')[0],
    failure.message.split('\n')[0],
  )
})

test('code that catches every error cannot stop the unwinding of its thread', () => {
  const caught = new Set<unknown>()
  const { complete, executions } = model(({ Atomics, Int32Array, thread }) => {
    const n = new Int32Array(1)
    const body = (): void => {
      for (let i = 0; i < 2; i++) {
        try {
          Atomics.add(n, 0, 1)
        } catch (error) {
          caught.add(typeof error)
        } finally {
          Atomics.load(n, 0)
        }
      }
    }
    const all = [thread.spawn(body), thread.spawn(body)]
    for (const t of all) t.join()
    assert.equal(Atomics.load(n, 0), 4)
  })
  assert.ok(complete && executions > 20)
  assert.ok(caught.has('object'))
})

test('each thread has its own state, which is empty whenever its body begins again', () => {
  model(({ Atomics, Int32Array, thread }) => {
    const n = new Int32Array(1)
    const body = (): void => {
      const state = threadState()
      assert.deepEqual(state, {})
      for (let i = 1; i <= 2; i++) {
        state['count'] = i
        Atomics.add(n, 0, 1)
        assert.equal(threadState()['count'], i)
      }
    }
    const all = [thread.spawn(body), thread.spawn(body)]
    for (const t of all) t.join()
  })
})

test('64-bit cells, floats and byte ranges hold their values', () => {
  model(({ Atomics, BigInt64Array, Float64Array, Uint8Array, SharedArrayBuffer }) => {
    const buffer = new SharedArrayBuffer(16)
    const big = new BigInt64Array(buffer)
    assert.equal(Atomics.compareExchange(big, 0, 0n, -1n), 0n)
    assert.deepEqual([...new Uint8Array(buffer)].slice(6, 10), [255, 255, 0, 0])
    assert.equal(Atomics.add(big, 0, 2n), -1n)
    assert.equal(Atomics.load(big, 0), 1n)
    const float = new Float64Array(2)
    float[1] = 1.5
    assert.equal(float[1], 1.5)
    assert.equal(float[2], undefined)
    assert.throws(() => Atomics.load(big, 2), RangeError)
  })
})

test('an execution finds the memory and the results of the prefix that it shares with the previous one', () => {
  const AT = 64
  const seen = new Set<string>()
  const { executions, complete } = model(({ Atomics, Int32Array, thread }) => {
    const w = world()
    const n = new Int32Array(2)
    w.setBytes(AT, Uint8Array.of(1, 2, 3, 4))
    w.fill(AT + 4, 9, 4)
    const waker = thread.spawn(() => Atomics.notify(n, 0, 1))
    const how = Atomics.wait(n, 0, 0, 5)
    const then = w.now()
    assert.equal(then, how === 'timed-out' ? 5 : 0)
    const before = [...w.bytes(AT, 12)]
    assert.deepEqual(before, [1, 2, 3, 4, 9, 9, 9, 9, 0, 0, 0, 0])
    w.copy(AT + 8, AT, 4)
    const others = [1, 2].map(add => thread.spawn(() => Atomics.exchange(n, 1, add)))
    for (const t of [waker, ...others]) t.join()
    assert.deepEqual([...w.bytes(AT, 12)], [1, 2, 3, 4, 9, 9, 9, 9, 1, 2, 3, 4])
    assert.equal(w.get(AT, 'f64') === w.get(AT + 8, 'f64'), false)
    assert.equal(w.now(), then)
    seen.add(`${how} ${Atomics.load(n, 1)}`)
    w.fill(AT, 7, 16)
  })
  assert.ok(complete && executions > 4)
  assert.deepEqual([...seen].sort(), ['ok 1', 'ok 2', 'timed-out 1', 'timed-out 2'])
})

test('a program that is not deterministic is refused', () => {
  let runs = 0
  const error = errorOf(({ Atomics, Int32Array, thread }) => {
    const n = new Int32Array(2)
    Atomics.add(n, runs++ % 2, 1)
    const all = [0, 1].map(() => thread.spawn(() => Atomics.add(n, 0, 1)))
    for (const t of all) t.join()
  })
  assert.equal(error.code, 'FL5008')
})

for (const [what, code, program, options] of [
  ['a negative budget', 'FL5009', () => {}, { budgetMs: -1 }],
  ['a choice among no values', 'FL5009', ({ choose }) => void choose(0), {}],
  ['an invalid replay string', 'FL5010', () => {}, { replay: 'x' }],
  ['a replay string of another program', 'FL5010', () => {}, { replay: '1:0x2.1x3.0' }],
  ['a model inside a model', 'FL5007', () => void model(() => {}), {}],
  ['a join of an unknown thread', 'FL5009', () => world().join(5), {}],
  ['an unaligned address', 'FL5009', () => void world().load(2, 'i32'), {}],
] as const satisfies readonly (readonly [string, string, Program, ModelOptions])[]) {
  test(`${what} is refused`, () => assert.equal(errorOf(program, options).code, code))
}

test('the simulated world exists only while a model runs', () => {
  assert.equal(inModel(), false)
  assert.throws(
    () => world(),
    (error: unknown) => error instanceof ModelError && error.code === 'FL5006',
  )
  model(() => assert.ok(inModel()))
  assert.equal(inModel(), false)
})
