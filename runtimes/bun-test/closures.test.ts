import { expect, test } from 'bun:test'
import { Arc, Mutex, move, thread } from 'fearless'
import { camelCase } from './words'

const equal = (got: unknown, wanted: unknown): void => expect(got).toBe(wanted)

test('a closure gets its captures', async () => {
  const words = ['a', 'b', 'c']
  const total = new Arc(new Mutex(1))
  const add = move(() => {
    using guard = total.lock().wait()
    guard.value += words.length
    return guard.value
  })
  equal(await thread.spawn(add).join(), 4)
})

test('a closure imports a file of the project and a package', async () => {
  equal(await thread.spawn(() => camelCase('two words')).join(), 'twoWords')
})

test('a thread spawns a thread', async () => {
  const n = 20
  const outer = thread.spawn(
    move(() =>
      thread
        .spawn(move(() => n + 1))
        .join()
        .wait(),
    ),
  )
  equal(await outer.join(), 21)
})

test('a panic has the stack of the closure', async () => {
  const failed = thread.spawn(() => {
    throw new Error('on purpose')
  })
  const error = await failed.join().then(
    () => undefined,
    (caught: Error) => caught,
  )
  equal(/closures\.test\.ts:\d+:\d+/.exec(String(error?.stack))?.[0], 'closures.test.ts:37:15')
})
