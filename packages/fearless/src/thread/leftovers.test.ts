/** State that a thread leaves in its worker is not seen by the next thread: every kind of it, one after another. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { closure, thread } from 'fearless'

const limit = { timeout: 30_000 }

/** The names that the closures below leave and look for. */
type Left = Record<PropertyKey, unknown>

interface Kind {
  readonly leave: () => unknown
  readonly look: () => unknown
}

/** Looks for a global that a leftover timer or promise would make. */
const late = closure(async () => {
  await thread.sleep(10)
  return 'left' in globalThis
})

const KINDS: Readonly<Record<string, Kind>> = {
  'a listener of an exit': {
    leave: closure(() => void process.on('exit', () => {})),
    look: closure(() => process.listenerCount('exit')),
  },
  'a handler of uncaught errors': {
    leave: closure(() => void process.prependListener('uncaughtException', () => {})),
    look: closure(() => process.listenerCount('uncaughtException')),
  },
  'a handler of unhandled rejections': {
    leave: closure(() => void process.once('unhandledRejection', () => {})),
    look: closure(() => process.listenerCount('unhandledRejection')),
  },
  'a capture of uncaught errors': {
    leave: closure(() => process.setUncaughtExceptionCaptureCallback(() => {})),
    look: closure(() => process.hasUncaughtExceptionCaptureCallback()),
  },
  'a listener whose event is a symbol': {
    leave: closure(() => void process.on(Symbol.for('left'), () => {})),
    look: closure(() => process.listenerCount(Symbol.for('left'))),
  },
  'removed listeners': {
    leave: closure(() => void process.removeAllListeners('unhandledRejection')),
    look: closure(() => process.listenerCount('unhandledRejection')),
  },
  'a property of process': {
    leave: closure(() => ((process as unknown as Left).left = 1)),
    look: closure(() => 'left' in process),
  },
  'an exit code': {
    leave: closure(() => {
      process.exitCode = 5
    }),
    look: closure(() => process.exitCode),
  },
  'an argument': {
    leave: closure(() => process.argv.push('left')),
    look: closure(() => process.argv.includes('left')),
  },
  'an interval': {
    leave: closure(() => void setInterval(() => ((globalThis as Left).left = 1), 1)),
    look: late,
  },
  'an interval without a reference': {
    leave: closure(() => void setInterval(() => ((globalThis as Left).left = 1), 1).unref()),
    look: late,
  },
  'an immediate without a reference': {
    leave: closure(() => void setImmediate(() => ((globalThis as Left).left = 1)).unref()),
    look: late,
  },
  'a promise that goes on': {
    leave: closure(() => {
      void Promise.resolve().then(() => ((globalThis as Left).left = 1))
    }),
    look: late,
  },
  'a rejected promise, before an async function': {
    leave: closure(() => void Promise.reject(new Error('left'))),
    look: closure(async () => {
      await thread.yieldNow()
      return 1
    }),
  },
  'a rejected promise, before a function that returns a promise': {
    leave: closure(() => void Promise.reject(new Error('left'))),
    look: closure(() => thread.yieldNow().then(() => 1)),
  },
  'a global': {
    leave: closure(() => ((globalThis as Left).left = 1)),
    look: closure(() => 'left' in globalThis),
  },
  'a global that is not enumerable': {
    leave: closure(() => void Object.defineProperty(globalThis, 'left', { value: 1 })),
    look: closure(() => 'left' in globalThis),
  },
  'a global whose name is a symbol': {
    leave: closure(() => ((globalThis as Left)[Symbol.for('left')] = 1)),
    look: closure(() => Symbol.for('left') in globalThis),
  },
  'a replaced global': {
    leave: closure(() => (globalThis.fetch = (() => 1) as never)),
    look: closure(() => String(globalThis.fetch) === '() => 1'),
  },
  'a deleted global': {
    leave: closure(() => delete (globalThis as Left).atob),
    look: closure(() => 'atob' in globalThis),
  },
  'a replaced function of the language': {
    leave: closure(() => (Math.random = () => 7)),
    look: closure(() => Math.random() === 7),
  },
  'a replaced function of the console': {
    leave: closure(() => (console.debug = () => {})),
    look: closure(() => String(console.debug) === '() => {}'),
  },
  'a further method of arrays': {
    leave: closure(() => ((Array.prototype as unknown as Left).left = 1)),
    look: closure(() => 'left' in []),
  },
  'a setting of errors': {
    leave: closure(() => (Error.stackTraceLimit = 3)),
    look: closure(() => Error.stackTraceLimit),
  },
  'a frozen prototype': {
    leave: closure(() => void Object.freeze(Map.prototype)),
    look: closure(() => Object.isFrozen(Map.prototype)),
  },
}

const workers = thread.availableParallelism()
before(() => thread.configure({ workers: 1 }))
after(() => thread.configure({ workers }))

for (const [name, { leave, look }] of Object.entries(KINDS)) {
  test(`the next thread of a worker does not see ${name}`, limit, async () => {
    const clean = await thread.spawn(look as () => number)
    // Queued together, so that a worker takes one directly after the other.
    const [left, next] = [thread.spawn(leave as () => undefined), thread.spawn(look as () => number)]
    await left.catch((error: unknown) => assert.equal((error as Error).name, 'NotSendError'))
    assert.equal(await next, clean)
    assert.equal(await thread.spawn(look as () => number), clean)
  })
}

test('a thread that only uses built-in objects keeps its worker', limit, async () => {
  const worker = closure(() => {
    const sorted = Object.assign({ a: 1 }, JSON.parse('{"b":2}') as object)
    return [performance.timeOrigin, Math.max(...Object.values(sorted)), 'x' in globalThis].join()
  })
  const seen = new Set<string>()
  for (let i = 0; i < 20; i++) seen.add(await thread.spawn(worker))
  assert.equal(seen.size, 1)
})
