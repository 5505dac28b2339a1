/**
 * Hostile values passed to and returned from every operation of the library. Each operation ends with a value or with a
 * typed error, and a thrown value arrives. `npm run soak -- --only hostile` tries a million.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Arc,
  ConcurrentMap,
  FearlessError,
  JoinSet,
  LazyLock,
  Mutex,
  OnceLock,
  PanicError,
  RwLock,
  Semaphore,
  Barrier,
  AtomicI32,
  broadcast,
  drop,
  lockAll,
  move,
  mpsc,
  oneshot,
  par,
  parIter,
  select,
  sleep,
  task,
  thread,
  watch,
} from 'fearless'
import { WRAPPERS, HOSTILE_MESSAGE, HOSTILE_VALUES, hostile, nested } from '../memory/hostile.fixture.ts'

const limit = { timeout: 120_000 }

/** An operation that accepts a value. The types would refuse most of the values that it gets here. */
type Way = (value: unknown, seed: number) => unknown

const untyped = <F>(f: F): ((...args: unknown[]) => never) => f as never

const WAYS: Record<string, Way> = {
  async channel(value) {
    const [tx, rx] = mpsc.channel<unknown>()
    untyped(tx.send.bind(tx))(value)
    return rx.recv().wait(1000)
  },
  bounded(value) {
    const [tx, rx] = mpsc.channel<unknown>(1)
    const wait = untyped(tx.send.bind(tx))(value) as { try(): unknown }
    wait.try()
    return rx.recv().wait(1000)
  },
  oneshot(value) {
    const [tx, rx] = oneshot.channel<unknown>()
    untyped(tx.send.bind(tx))(value)
    return rx.recv().wait(1000)
  },
  broadcast(value) {
    const [tx, rx] = broadcast.channel<unknown>(4)
    untyped(tx.send.bind(tx))(value)
    return rx.recv().wait(1000)
  },
  watch(value) {
    const [tx, rx] = untyped(watch.channel)(value) as [
      { send(value: unknown): void },
      { borrow(f: (v: unknown) => unknown): unknown },
    ]
    tx.send(value)
    return rx
  },
  mutex(value) {
    const lock = new (untyped(Mutex) as unknown as new (value: unknown) => Mutex<unknown>)(value)
    using guard = lock.lock().wait(1000)
    guard.value = value
    return guard.value
  },
  rwLock(value) {
    const lock = new (untyped(RwLock) as unknown as new (value: unknown) => RwLock<unknown>)(value)
    using guard = lock.read().wait(1000)
    return guard.value
  },
  arc(value) {
    return new (untyped(Arc) as unknown as new (value: unknown) => Arc<unknown>)(value).value
  },
  onceLock(value) {
    const once = new OnceLock<unknown>()
    ;(untyped(once.set.bind(once))(value) as { wait(ms: number): void } | undefined)?.wait(1000)
    return once.get()
  },
  map(value) {
    const map = new ConcurrentMap<string, unknown>()
    ;(untyped(map.set.bind(map))('key', value) as { wait(ms: number): void }).wait(1000)
    return map.get('key').wait(1000)
  },
  mapKey(value) {
    const map = new ConcurrentMap<string, number>()
    ;(untyped(map.set.bind(map))(value, 1) as { wait(ms: number): void }).wait(1000)
    return map.get(value as string).wait(1000)
  },
  argument: value => thread.spawn((x: number) => typeof x, value as number),
  capture(value) {
    const captured = value as number
    return thread.spawn(move(() => typeof captured))
  },
  scoped(value) {
    const captured = value as number
    return thread.scope(s => s.spawn(() => typeof captured).join())
  },
  result: (_, seed) => thread.spawn(move(() => hostile(seed) as number)),
  asyncResult: (_, seed) =>
    thread.spawn(
      move(async () => {
        await Promise.resolve()
        return hostile(seed) as number
      }),
    ),
  lazyLock: (_, seed) => new LazyLock(move(() => hostile(seed) as number)).force(),
  parItem: value =>
    parIter([value as number, 1])
      .map(x => typeof x)
      .collect(),
  parResult: (_, seed) =>
    parIter([1, 2])
      .map(() => hostile(seed) as number)
      .collect(),
  parReduce: (_, seed) =>
    parIter([1, 2, 3]).reduce(
      () => hostile(seed) as number,
      () => hostile(seed) as number,
    ),
  parFold: (_, seed) =>
    parIter([1, 2, 3])
      .fold(
        () => hostile(seed) as number,
        () => hostile(seed) as number,
      )
      .collect(),
  parJoin: (_, seed) =>
    par.join(
      () => hostile(seed) as number,
      () => hostile(seed + 1) as number,
    ),
  task: value => task.spawn(() => value as number),
  taskScope: value => task.scope(() => value),
  semaphore: value => new Semaphore(value as number),
  barrier: value => new Barrier(value as number),
  atomic: value => new AtomicI32(value as number),
  dropped: value => drop(value as never),
  lockAll: value => lockAll(value as never),
  selected: value => select({ a: value as never }).try(),
  slept: value => sleep(value as number),
  spawned: value => untyped(thread.spawn)(value),
  named: value => untyped(thread.builder)({ name: value }),
  items: value => parIter(value as never),
  taskBody: value => task.spawn(value as never),
  capacity: value => mpsc.channel(value as number),
}

/** Ways to throw a value, which must arrive as itself if it is an error, or else in a PanicError. */
const THROWS: Record<string, (seed: number, value: unknown) => unknown> = {
  thread: seed =>
    thread.spawn(
      move(() => {
        throw hostile(seed)
      }),
    ),
  async: seed =>
    thread.spawn(
      move(async () => {
        await Promise.resolve()
        throw hostile(seed)
      }),
    ),
  parIter: seed =>
    parIter([1, 2]).forEach(() => {
      throw hostile(seed)
    }),
  parJoin: seed =>
    par.join(
      () => {
        throw hostile(seed)
      },
      () => 1,
    ),
  lazyLock: seed =>
    new LazyLock<number>(
      move(() => {
        throw hostile(seed)
      }),
    ).force(),
  task: (_, value) =>
    task.spawn(() => {
      throw value
    }),
  joinSet(_, value) {
    const set = new JoinSet<number>()
    set.spawn(() => {
      throw value
    })
    return set.joinNext()
  },
}

const LONGEST_MESSAGE = 5000

/**
 * Whether an operation may end with this error: the library's own, the value's, or JavaScript's for a wrong argument.
 */
function refusalOf(error: unknown): Error | undefined {
  if (!(error instanceof Error)) return undefined
  if (error instanceof FearlessError)
    assert.ok(error.message.length < LONGEST_MESSAGE, `${error.message.length} characters`)
  if (error instanceof RangeError && /call stack/i.test(error.message)) return undefined
  const known = error instanceof FearlessError || error instanceof TypeError || error instanceof RangeError
  return known || error.message === HOSTILE_MESSAGE || error.name === 'DataCloneError' ? error : undefined
}

/** Wraps a value, because awaiting it would call its `then`: the value is a part of the answer here. */
async function outcome(f: () => unknown): Promise<{ readonly value?: unknown; readonly error?: unknown }> {
  try {
    const value = f()
    if (value instanceof Promise || isWait(value)) return { value: [await (value as Promise<unknown>)] }
    return { value: [value] }
  } catch (error) {
    return { error }
  }
}

function isWait(value: unknown): boolean {
  try {
    return typeof (value as { within?: unknown }).within === 'function'
  } catch {
    return false
  }
}

/** Limits an operation that a value keeps waiting for ever: that is a fault, but must not stop the run. */
const LONGEST_MS = 60_000

async function inTime<T>(name: string, seed: number, outcome: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name}, seed ${seed}: it has not ended`)), LONGEST_MS)
  })
  try {
    return await Promise.race([outcome, late])
  } finally {
    clearTimeout(timer)
  }
}

async function tryWay(name: string, value: unknown, seed: number): Promise<void> {
  const { error } = await inTime(
    name,
    seed,
    outcome(() => WAYS[name](value, seed)),
  )
  if (error === undefined || refusalOf(error) !== undefined) return
  assert.fail(`${name}, seed ${seed}: ${describeError(error)}`)
}

async function tryThrow(name: string, seed: number): Promise<void> {
  const value = hostile(seed)
  const { value: got, error } = await inTime(
    name,
    seed,
    outcome(() => THROWS[name](seed, value)),
  )
  assert.equal(got, undefined, `${name}, seed ${seed}: it did not throw`)
  if (name === 'task' || name === 'joinSet') return assert.ok(Object.is(error, value), `${name}, seed ${seed}`)
  if (error instanceof PanicError) {
    assert.ok('payload' in error && error.message.length < LONGEST_MESSAGE, `${name}, seed ${seed}`)
    assert.doesNotMatch(error.message, /no room/, `${name}, seed ${seed}`)
    return
  }
  assert.ok(error instanceof Error, `${name}, seed ${seed}: ${describeError(error)}`)
}

function describeError(error: unknown): string {
  try {
    return error instanceof Error ? String(error.stack).slice(0, 2000) : typeof error
  } catch {
    return 'an error that cannot be read'
  }
}

const VALUES = Number(process.env.FEARLESS_HOSTILE ?? 0)

if (VALUES > 0) {
  test(`${VALUES} hostile values end in a value or a typed error in random operations`, async () => {
    const ways = [...Object.keys(WAYS), ...Object.keys(THROWS).map(name => `throws ${name}`)]
    for (let seed = 0; seed < VALUES; seed++) {
      const way = ways[(seed + (seed >>> 6)) % ways.length]
      if (way.startsWith('throws ')) await tryThrow(way.slice(7), seed)
      else await tryWay(way, hostile(seed), seed)
    }
  })
} else {
  for (const name of Object.keys(WAYS)) {
    test(`a hostile value ends in a value or in a typed error: ${name}`, limit, async () => {
      const failures: unknown[] = []
      const note = (error: unknown): void => void failures.push((error as Error).message)
      for (const [i, make] of HOSTILE_VALUES.entries()) await tryWay(name, make(), i).catch(note)
      for (let seed = 0; seed < 50; seed++) await tryWay(name, hostile(seed), seed).catch(note)
      assert.deepEqual(failures, [])
    })
  }
  for (const name of Object.keys(THROWS)) {
    test(`a hostile value that is thrown arrives: ${name}`, limit, async () => {
      const failures: unknown[] = []
      for (let seed = 0; seed < 150; seed++) {
        await tryThrow(name, seed).catch((error: unknown) => failures.push((error as Error).message))
      }
      assert.deepEqual(failures, [])
    })
  }
  test('a thrown value that cannot be converted to text arrives as the payload', limit, async () => {
    const thrown = async (handle: PromiseLike<unknown>): Promise<PanicError> => {
      try {
        await handle
      } catch (error) {
        assert.ok(error instanceof PanicError)
        return error
      }
      return assert.fail('it did not throw')
    }
    const odd = await thrown(
      thread.spawn(() => {
        throw { toString: 1, kept: 'all' }
      }),
    )
    assert.deepEqual(odd.payload, { toString: 1, kept: 'all' })
    assert.match(odd.message, /panicked with an object\. Read the value from `payload`/)
    const long = await thrown(
      thread.spawn(() => {
        throw new Array(300_000).fill(7)
      }),
    )
    assert.equal((long.payload as number[]).length, 300_000)
    assert.match(long.message, /panicked with an array of 300000 elements\./)
    const sparse = await thrown(
      thread.spawn(() => {
        throw new Array(4_000_000_000)
      }),
    )
    assert.equal((sparse.payload as number[]).length, 4_000_000_000)
    const function_ = await thrown(
      thread.spawn(() => {
        throw function parse() {}
      }),
    )
    assert.equal(function_.payload, 'function parse() {}')
  })

  test('errors in an AggregateError arrive though one of them cannot cross', limit, async () => {
    const handle = thread.spawn(() => {
      throw new AggregateError(
        [new RangeError('one'), Object.assign(new Error('two'), { f: () => 1, kept: 2 }), () => 3],
        'many',
      )
    })
    await assert.rejects(handle.join(), (error: AggregateError) => {
      const [one, two, three] = error.errors as (Error & { kept?: number; f?: unknown })[]
      assert.ok(error instanceof AggregateError && one instanceof RangeError)
      assert.deepEqual([two.message, two.kept, two.f], ['two', 2, undefined])
      assert.equal(three as unknown, '() => 3')
      return true
    })
  })

  for (const [i, around] of WRAPPERS.entries()) {
    const depth = i < 2 ? 1_000_000 : 100_000
    test(`a value nested ${depth} deep overflows no stack: ${i}`, limit, async () => {
      const value = nested(depth, around)
      for (const name of ['channel', 'argument', 'mutex', 'parItem']) await tryWay(name, value, i)
    })
  }
}
