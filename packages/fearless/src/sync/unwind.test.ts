/** Tests of unwinding: a disposer can ask whether an error is leaving its block. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Mutex, move, thread } from 'fearless'

const limit = { timeout: 20_000 }

class Asking implements Disposable {
  readonly answers: boolean[]

  constructor(answers: boolean[]) {
    this.answers = answers
  }
  [Symbol.dispose](): void {
    this.answers.push(thread.panicking())
  }
}

function ignoring(f: () => unknown): void {
  try {
    f()
  } catch {}
}

test('T30: panicking is true only while an error leaves the block of a disposer', limit, () => {
  const answers: boolean[] = []
  const leaving = (how: 'returns' | 'throws' | 'catches'): void => {
    using _asking = new Asking(answers)
    if (how === 'throws') throw new Error('on its way')
    if (how === 'catches') ignoring(() => JSON.parse('{'))
  }
  leaving('returns')
  leaving('catches')
  ignoring(() => leaving('throws'))
  leaving('returns')
  assert.deepEqual(answers, [false, false, true, false])
  assert.equal(thread.panicking(), false)
})

test('each resource of a block and of the blocks around it is unwound', limit, () => {
  const answers: boolean[] = []
  ignoring(() => {
    using _outer = new Asking(answers)
    {
      using _first = new Asking(answers)
      using _second = new Asking(answers)
      throw new Error('on its way')
    }
  })
  assert.deepEqual(answers, [true, true, true])
})

test('a block that ends normally inside a disposer unwinds with that disposer', limit, () => {
  const answers: boolean[] = []
  ignoring(() => {
    using _outer = {
      [Symbol.dispose]() {
        using _inner = new Asking(answers)
      },
    }
    throw new Error('on its way')
  })
  assert.deepEqual(answers, [true])
  assert.equal(thread.panicking(), false)
})

test('a disposer that throws ends its own unwinding', limit, () => {
  ignoring(() => {
    using _a = {
      [Symbol.dispose]() {
        throw new Error('of the disposer')
      },
    }
    throw new Error('of the block')
  })
  assert.equal(thread.panicking(), false)
})

test('a lock that a disposer acquires and releases during unwinding is not poisoned', limit, () => {
  const log = new Mutex<string[]>([])
  ignoring(() => {
    using _entry = {
      [Symbol.dispose]() {
        using l = log.lock().wait()
        l.value.push(thread.panicking() ? 'failed' : 'done')
      },
    }
    throw new Error('on its way')
  })
  assert.equal(log.isPoisoned, false)
  assert.deepEqual(log.with(l => [...l]).wait(), ['failed'])
})

test('an async disposer unwinds until it awaits', limit, async () => {
  const answers: boolean[] = []
  const failing = async (): Promise<void> => {
    await using _asking = {
      async [Symbol.asyncDispose]() {
        answers.push(thread.panicking())
        await thread.yieldNow()
        answers.push(thread.panicking())
      },
    }
    throw new Error('on its way')
  }
  await assert.rejects(failing)
  assert.deepEqual(answers, [true, false])
})

test('each thread unwinds independently', limit, async () => {
  const handle = thread.spawn(
    move(() => {
      const asked = { answer: thread.panicking() }
      try {
        using _asking = {
          [Symbol.dispose]() {
            asked.answer = thread.panicking()
          },
        }
        throw new Error('on its way')
      } catch {}
      return [asked.answer, thread.panicking()]
    }),
  )
  assert.equal(thread.panicking(), false)
  assert.deepEqual(await handle, [true, false])
})
