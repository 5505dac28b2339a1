/** Each kind of value in words, and the messages that put these words behind "got". */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describe, withArticle, withFirstArticle } from './describe.ts'
import {
  ArrayQueue,
  AtomicBool,
  AtomicF64,
  AtomicI32,
  AtomicI64,
  ConcurrentMap,
  Mutex,
  OnceLock,
  Semaphore,
  after,
  drop,
  parIter,
  struct,
  thread,
  timeout,
} from './index.ts'

const limit = { timeout: 30_000 }

class User {}
class Order {}
const named = (): number => 1
const revoked = Proxy.revocable({}, {})
revoked.revoke()

const KINDS: readonly (readonly [value: unknown, words: string])[] = [
  [undefined, 'undefined'],
  [null, 'null'],
  [true, 'true'],
  [4.5, '4.5'],
  [NaN, 'NaN'],
  [12n, '12n'],
  [1n << 300n, 'a bigint of more than 256 bits'],
  ['text', '"text"'],
  ['x'.repeat(101), `"${'x'.repeat(100)}\u2026"`],
  [Symbol('id'), 'Symbol(id)'],
  [named, 'a function named'],
  [async () => {}, 'a function'],
  [User, 'a class User'],
  [class {}, 'a class'],
  [[], 'an array of 0 elements'],
  [[1], 'an array of 1 element'],
  [[1, 2], 'an array of 2 elements'],
  [{ n: 1 }, 'an object'],
  [Object.create(null), 'an object'],
  [new User(), 'a User'],
  [new Order(), 'an Order'],
  [new Map(), 'a Map'],
  [new Uint8Array(1), 'a Uint8Array'],
  [new Int32Array(1), 'an Int32Array'],
  [new ArrayBuffer(1), 'an ArrayBuffer'],
  [new URL('file:///a'), 'a URL'],
  [Promise.resolve(), 'a Promise'],
  [new RangeError('too far'), 'RangeError: too far'],
  [new OnceLock(), 'a OnceLock'],
  [revoked.proxy, 'an object'],
]

for (const [value, words] of KINDS) test(`describes ${words.slice(0, 60)}`, () => assert.equal(describe(value), words))

test('a name has the article of its sound', () => {
  const names = 'Arc UpgradableGuard Unknown Error Union Unit8 Utf8 UUID European OneshotSender Once Only Iterator'
  assert.deepEqual(
    names.split(' ').map(name => withArticle(name)),
    (
      'an Arc,an UpgradableGuard,an Unknown,an Error,a Union,a Unit8,a Utf8,a UUID,a European,a OneshotSender,' +
      'a Once,an Only,an Iterator'
    ).split(','),
  )
  assert.deepEqual([withFirstArticle('Arc'), withFirstArticle('OnceLock')], ['An Arc', 'A OnceLock'])
})

const Row = struct({ n: struct.f64, count: struct.u32, flag: struct.bool, name: struct.str })
const row = { n: 0, count: 0, flag: false, name: '' }
const change = (f: (lent: typeof row) => void): void => new Mutex(Row(row)).with(lent => f(lent as typeof row)).wait()

/** Puts a value where the library expects another kind. */
const MISUSES: Readonly<Record<string, (value: never) => unknown>> = {
  'the field of a new struct': value => Row({ ...row, n: value }),
  'the number of a struct': value => change(lent => void (lent.n = value)),
  'the integer of a struct': value => change(lent => void (lent.count = value)),
  'the boolean of a struct': value => change(lent => void (lent.flag = value)),
  'the text of a struct': value => change(lent => void (lent.name = value)),
  'the key of a map': value => new ConcurrentMap().get(value).wait(),
  'an item of a sum': value => parIter([value]).sum().wait(),
  'an AtomicI32': value => new AtomicI32(0).store(value),
  'an AtomicI64': value => new AtomicI64(0n).store(value),
  'an AtomicF64': value => new AtomicF64(0).store(value),
  'an AtomicBool': value => new AtomicBool(false).store(value),
  'the capacity of a queue': value => new ArrayQueue(value),
  'the permits of a semaphore': value => new Semaphore(value),
  'a dropped value': value => drop(value),
  'the function of a thread': value => thread.spawn(value),
  'the function of a timeout': value => timeout(10, value),
  'the time of a timer': value => after(value),
  'a source of items': value => parIter(value),
  'the threads of a pool': value => thread.pool({ threads: value }),
  'the name of a thread': value => thread.builder({ name: value }).spawn(() => 1),
}

for (const [what, misuse] of Object.entries(MISUSES))
  test(`the message for ${what} describes each kind of value`, limit, async () => {
    let refused = 0
    for (const [value, words] of KINDS) {
      const message = await messageOf(() => misuse(value as never))
      if (message === undefined || !message.includes(' got ')) continue
      refused++
      assert.ok(message.includes(` got ${words}`), `${words}: ${message}`)
    }
    assert.ok(refused > 10, `only ${refused} kinds were refused with a description`)
  })

/** Returns the message of the error that a function throws; undefined if it throws none. */
async function messageOf(f: () => unknown): Promise<string | undefined> {
  try {
    await f()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
