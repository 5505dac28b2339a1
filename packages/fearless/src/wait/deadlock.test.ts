/** A cycle of threads that wait for each other's locks ends with an error that names them. No other wait ends so. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Arc, AtomicI32, Mutex, RwLock, TimeoutError, move, thread, type JoinHandle } from 'fearless'

const limit = { timeout: 60_000 }

const source = readFileSync(fileURLToPath(import.meta.url), 'utf8').split('\n')

/** The lines of this file that match. */
const linesWith = (pattern: RegExp): number[] => source.flatMap((line, i) => (pattern.test(line) ? [i + 1] : []))

/** The lines of this file that an error names, in order. */
const linesIn = (message: string): number[] =>
  [...message.matchAll(/deadlock\.test\.ts:(\d+):\d+/g)].map(match => Number(match[1])).sort((a, b) => a - b)

/** The outcome of each thread: the error's name and message, or its value. */
async function outcomes(handles: readonly JoinHandle<string>[]): Promise<string[]> {
  const all: string[] = []
  for (const handle of handles) {
    try {
      all.push(await handle.join())
    } catch (error) {
      all.push(`${(error as Error).name}: ${(error as Error).message}`)
    }
  }
  return all
}

test(
  'of two threads that lock two Mutexes in opposite orders, one throws DeadlockError and the other continues',
  limit,
  async () => {
    const [a, b] = [new Arc(new Mutex(0)), new Arc(new Mutex(0))]
    const holding = new Arc(new AtomicI32(0))
    const forth = thread.builder({ name: 'forth' }).spawn(
      move(() => {
        using first = a.lock().wait() // test 1: in the message
        holding.fetchAdd(1)
        while (holding.load() < 2);
        using second = b.lock().wait() // test 1: in the message
        return `forth ${first.value + second.value}`
      }),
    )
    const back = thread.builder({ name: 'back' }).spawn(
      move(() => {
        using first = b.lock().wait() // test 1: in the message
        holding.fetchAdd(1)
        while (holding.load() < 2);
        using second = a.lock().wait() // test 1: in the message
        return `back ${first.value + second.value}`
      }),
    )
    const all = await outcomes([forth, back])
    const failed = all.filter(text => text.startsWith('DeadlockError'))
    assert.equal(failed.length, 1, all.join('\n'))
    assert.match(
      failed[0],
      /thread "\w+" waits for a Mutex that thread "\w+" acquired at \S+ \(\S+\); thread "\w+" waits for a Mutex that thread "\w+" acquired at \S+ \(\S+\)\. None of them can continue. Acquire these locks in the same order everywhere\.$/,
    )
    assert.deepEqual(linesIn(failed[0]), linesWith(/ \/\/ test 1: /))
    assert.ok(failed[0].includes('"forth"') && failed[0].includes('"back"'))
    // The error poisons the lock that its thread held, so the other thread either gets a PoisonError or its value.
    const other = all.find(text => !text.startsWith('DeadlockError'))!
    assert.match(other, /^PoisonError|^(forth|back) 0$/)
  },
)

test(
  'a cycle of three threads over Mutexes and RwLocks, main among them, ends with one DeadlockError',
  limit,
  async () => {
    for (const write of [false, true]) {
      const [a, b, c] = [new Arc(new Mutex(0)), new Arc(new RwLock(0)), new Arc(new Mutex(0))]
      const holding = new Arc(new AtomicI32(0))
      const one = thread.builder({ name: 'one' }).spawn(
        move(() => {
          using first = a.lock().wait() // test 2: one
          holding.fetchAdd(1)
          while (holding.load() < 3) thread.yieldNow().wait()
          using second = b.write().wait()
          return `one ${first.value + second.value}`
        }),
      )
      const two = thread.builder({ name: 'two' }).spawn(
        move(() => {
          using first = write ? b.write().wait() : b.read().wait() // test 2: two
          holding.fetchAdd(1)
          while (holding.load() < 3) thread.yieldNow().wait()
          using second = c.lock().wait()
          return `two ${first.value + second.value}`
        }),
      )
      const main = async (): Promise<string> => {
        using first = await c.lock() // test 2: main
        holding.fetchAdd(1)
        while (holding.load() < 3) thread.yieldNow().wait()
        using second = a.lock().wait()
        return `main ${first.value + second.value}`
      }
      const own = await main().catch((error: Error) => `${error.name}: ${error.message}`)
      const all = [own, ...(await outcomes([one, two]))]
      const failed = all.filter(text => text.startsWith('DeadlockError'))
      assert.equal(failed.length, 1, all.join('\n'))
      for (const name of ['one', 'two', 'main']) assert.ok(failed[0].includes(`thread "${name}"`), failed[0])
      assert.match(failed[0], /an RwLock/)
      for (const name of ['one', 'two', 'main']) {
        const [line] = linesWith(new RegExp(` // test 2: ${name}$`))
        assert.match(failed[0], new RegExp(`thread "${name}" acquired at \\S+deadlock\\.test\\.ts:${line}:`))
      }
    }
  },
)

test('a wait with a time limit is not part of a cycle', limit, async () => {
  const [a, b] = [new Arc(new Mutex(0)), new Arc(new Mutex(0))]
  const holding = new Arc(new AtomicI32(0))
  const limited = thread.spawn(
    move(() => {
      using first = a.lock().wait()
      holding.fetchAdd(1)
      while (holding.load() < 2);
      try {
        using second = b.lock().wait(50)
        return `both ${first.value + second.value}`
      } catch (error) {
        return (error as Error).name
      }
    }),
  )
  using first = await b.lock()
  holding.fetchAdd(1)
  while (holding.load() < 2);
  {
    using second = a.lock().wait()
    assert.equal(first.value + second.value, 0)
  }
  assert.equal(await limited.join(), TimeoutError.name)
})

test('threads that acquire nested locks in one order get no DeadlockError', limit, async () => {
  const locks = Array.from({ length: 4 }, () => new Arc(new Mutex(0)))
  const threads = [0, 1, 2, 3].map(id => {
    const [a, b, c, d] = locks
    return thread.spawn(
      move(() => {
        let seed = id + 1
        for (let i = 0; i < 3000; i++) {
          seed = (seed * 48_271) % 0x7fff_ffff
          const [low, high] = [
            [a, b],
            [a, d],
            [b, c],
            [c, d],
            [b, d],
          ][seed % 5]
          using first = low.lock().wait()
          using second = high.lock().wait()
          first.value++
          second.value++
        }
      }),
    )
  })
  for (const handle of threads) await handle.join()
  let sum = 0
  for (const lock of locks) sum += await lock.update(n => n)
  assert.equal(sum, 4 * 3000 * 2)
})

test('FEARLESS_DEADLOCKS=lines finds the location of a guard without `using`', limit, () => {
  const file = fileURLToPath(new URL('deadlock.fixture.ts', import.meta.url))
  const lines = readFileSync(file, 'utf8').split('\n')
  const lineOf = (comment: string): number => 1 + lines.findIndex(line => line.endsWith(`// ${comment}`))
  const run = (setting: string): string => {
    const env = { ...process.env, FEARLESS_DEADLOCKS: setting }
    const { stdout, stderr } = spawnSync(process.execPath, ['--import', '@fearless/compiler/register', file], {
      encoding: 'utf8',
      timeout: 50_000,
      env,
    })
    assert.equal(stderr, '')
    return stdout.replaceAll(/file:\S*deadlock\.fixture\.ts:(\d+):\d+/g, 'line $1')
  }
  const forth =
    `thread "forth" waits for a ReentrantMutex that thread "back" acquired at line ${lineOf('back takes b')} ` +
    `(line ${lineOf('forth waits for b')})`
  const holds = forth.replace(/acquired at line \d+/, 'holds')
  const back =
    `thread "back" waits for a Mutex that thread "forth" acquired at line ${lineOf('forth takes a')} ` +
    `(line ${lineOf('back waits for a')})`
  const end = 'None of them can continue. Acquire these locks in the same order everywhere.\n'
  const asked = run('lines')
  const begin = 'These threads wait for each other:'
  assert.ok([`${begin} ${forth}; ${back}. ${end}`, `${begin} ${back}; ${forth}. ${end}`].includes(asked), asked)
  const more = `${end.trimEnd()} Set FEARLESS_DEADLOCKS=lines to see where each was acquired, also without the compiler or \`using\`.\n`
  const usual = run('')
  assert.ok([`${begin} ${holds}; ${back}. ${more}`, `${begin} ${back}; ${holds}. ${more}`].includes(usual), usual)
})
