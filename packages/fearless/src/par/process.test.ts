/**
 * Tests that need a process of their own: the same bits on any number of threads, the death of helpers, the end of the
 * process.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, it } from 'node:test'
import { ScratchFolder } from '../../../../scripts/scratch.ts'

const scratch = new ScratchFolder()
/** The specifier of the library's internal interface, as a literal. */
const INTERNAL = `'${new URL('../../dist/internal.js', import.meta.url).href}'`

const WORK =
  'function work(n: number) { let x = n; for (let i = 0; i < 100; i++) x = (x * 31 + i) % 1000003; return x }\n'

/** Runs a program and returns its output. Rejects if the program does not end by itself. */
function run(name: string, program: string, environment: Record<string, string> = {}): Promise<string> {
  const file = scratch.write(`${name}.ts`, `import { Arc, par, parIter, thread } from 'fearless'\n${WORK}${program}`)
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...environment }
    execFile(
      process.execPath,
      ['--import', '@fearless/compiler/register', file],
      { timeout: 60_000, cwd: scratch.path, env },
      (error, out, err) =>
        error === null ? resolve(out.trim()) : reject(new Error(`${error.message}\n${out}\n${err}`)),
    )
  })
}

describe('parallel iterators in a process', { timeout: 240_000 }, () => {
  it('results have the same bits on 1, 2 and 4 threads', async () => {
    const program = `
      const list = Array.from({ length: 30_000 }, (_, i) => 1 / (i + 1))
      const bits = (x: number) => Buffer.from(new Float64Array([x]).buffer).toString('hex')
      const out = []
      for (let round = 0; round < 3; round++) {
        const sum = await parIter(list).map(x => x * (1 + work(7) * 1e-9)).sum()
        const product = await parIter(list).map(x => 1 + x / (1 + work(3))).reduce(1, (a, b) => a * b)
        const folded = await parIter(par.range(1, 60_001)).fold(0, (a, n) => a + Math.sin(n) + work(n) * 1e-9).sum()
        out.push([bits(sum), bits(product), bits(folded)].join())
      }
      console.log([...new Set(out)].join(' and '))`
    const [one, two, four] = await Promise.all(
      ['1', '2', '4'].map(n => run(`bits-${n}`, program, { FEARLESS_PAR_THREADS: n })),
    )
    assert.match(one, /^\w+,\w+,\w+$/)
    assert.equal(two, one)
    assert.equal(four, one)
  })

  it('the death of a helper throws PanicError, and a new helper replaces it', async () => {
    const out = await run(
      'death',
      `
      const main = thread.current().id
      const warm = () => parIter(par.range(0, 40_000)).map(n => work(n)).sum()
      const expected = await warm()
      let died = ''
      const end = performance.now() + 25_000
      while (died === '' && performance.now() < end) {
        try {
          await parIter(par.range(0, 20_000)).map(n => { if (thread.current().id !== main) process.exit(3); return work(n) }).sum()
        } catch (error) { died = (error as Error).name + ': ' + (error as Error).message }
      }
      console.log(died)
      for (let round = 0; round < 5; round++) if (await warm() !== expected) console.log('WRONG')
      let again = false
      while (!again && performance.now() < end + 25_000) {
        again = new Set(await parIter(par.range(0, 20_000)).map(n => work(n) * 0 + thread.current().id).collect()).size > 1
      }
      console.log(again ? 'helped again' : 'alone')`,
      { FEARLESS_PAR_THREADS: '2' },
    )
    assert.match(
      out,
      /^PanicError: The thread "parallel helper 1" ended without a result: it called process\.exit\(3\)/,
    )
    assert.match(out, /helped again$/)
  })

  it('work is shared with the helpers that are left after one has died', async () => {
    const out = await run(
      'one-left',
      `
      import { AtomicI32, move } from 'fearless'
      import { PAR_HELPERS, i32 } from ${INTERNAL}
      const main = thread.current().id
      const deaths = new AtomicI32(0)
      let died = ''
      const end = performance.now() + 25_000
      while (died === '' && performance.now() < end) {
        try {
          await parIter(par.range(0, 20_000)).map(n => {
            if (thread.current().id !== main && deaths.fetchAdd(1) === 0) process.exit(3)
            return work(n)
          }).sum()
        } catch (error) { died = (error as Error).name }
      }
      while (Atomics.load(i32, PAR_HELPERS >> 2) !== 1 && performance.now() < end) await thread.yieldNow()
      const left = Atomics.load(i32, PAR_HELPERS >> 2)
      // A thread that has not asked for helpers yet. The work after its first item is not worth starting one.
      const begun = new AtomicI32(1)
      const ids = await thread.spawn(move(() => {
        const items = parIter([0, 1, 2]).map(item => {
          const start = performance.now()
          if (item === 0) while (performance.now() < start + 0.2);
          if (item === 1) while (begun.load() === 0 && performance.now() < start + 10_000);
          if (item === 2) begun.store(1)
          return thread.current().id
        })
        items.collect().try()
        begun.store(0)
        return items.collect().wait()
      }))
      console.log(died, left, ids[0] === ids[1], ids[1] === ids[2])`,
      { FEARLESS_PAR_THREADS: '3' },
    )
    assert.equal(out, 'PanicError 1 true false')
  })

  it('a process ends while its helpers sleep', async () => {
    const out = await run(
      'quiet',
      'for (let i = 0; i < 5; i++) await parIter(par.range(0, 40_000)).map(n => work(n)).sum(); console.log("done")',
    )
    assert.equal(out, 'done')
  })

  it('an invalid FEARLESS_PAR_THREADS throws in every call', async () => {
    const out = await run(
      'setting',
      `
      const errors = []
      for (let i = 0; i < 2; i++) try { par.currentNumThreads() } catch (error) { errors.push(error.name) }
      console.log(errors.join())`,
      { FEARLESS_PAR_THREADS: 'many' },
    )
    assert.equal(out, 'EnvironmentError,EnvironmentError')
  })

  it('spawned threads run while a helper sleeps', async () => {
    const out = await run(
      'spawn',
      `
      await parIter(par.range(0, 100_000)).map(n => work(n)).sum()
      const handles = Array.from({ length: 4 }, () => thread.spawn(() => work(1)))
      for (const handle of handles) await handle.join()
      console.log('joined')`,
      { FEARLESS_PAR_THREADS: '4' },
    )
    assert.equal(out, 'joined')
  })

  it('sleeping helpers use no processor time', async () => {
    const out = await run(
      'idle',
      `
      for (let i = 0; i < 5; i++) await parIter(par.range(0, 40_000)).map(n => work(n)).sum()
      await new Promise(resolve => setTimeout(resolve, 200))
      const before = process.cpuUsage()
      await new Promise(resolve => setTimeout(resolve, 500))
      const { user, system } = process.cpuUsage(before)
      console.log((user + system) / 1000 < 50 ? 'idle' : String((user + system) / 1000))`,
    )
    assert.equal(out, 'idle')
  })

  it('a run goes on alone if the heap has no room for its region', async () => {
    const out = await run(
      'heap-full',
      `
      const items = Array.from({ length: 2_000_000 }, (_, i) => i)
      console.log(parIter(items).map(n => work(n)).takeAny(1_500_000).count().wait())
      const arc = new Arc(1)
      const clones = parIter(items).filter(n => work(n) >= 0 && n % 100_000 === 0).map(() => Arc.clone(arc)).collect().wait()
      console.log(clones.length, Arc.strongCount(arc))`,
      { FEARLESS_HEAP_MB: '8', FEARLESS_PAR_THREADS: '2' },
    )
    assert.equal(out, '1500000\n20 21')
  })

  it('a helper runs a job alone if the heap has no room for its deque', async () => {
    const out = await run(
      'no-deque',
      `
      import { HeapFullError } from 'fearless'
      import { core, i32, self } from ${INTERNAL}
      const main = thread.current().id
      // Whether the helper is busy, the heap is full, the helper has run an item. A plan with atomics would need
      // memory.
      const words = core.allocate(self, 16) >> 2
      i32.fill(0, words, words + 3)
      function spinUntil(at: number) { for (const end = performance.now() + 10_000; Atomics.load(i32, at) === 0 && performance.now() < end;); }
      function fillHeap() {
        const kept = []
        for (const size of [200_000, 30_000, 8000, 3000, 1500, 1000, 600, 500, 200, 10]) {
          try { for (;;) kept.push(new Arc('x'.repeat(size))) } catch (error) { if (!(error instanceof HeapFullError)) throw error }
        }
        return kept
      }
      const [sum] = par.join(
        () => {
          spinUntil(words)
          return parIter(par.range(0, 32)).map(n => {
            if (thread.current().id !== main) Atomics.store(i32, words + 2, 1)
            else if (n === 0) for (const end = performance.now() + 1; performance.now() < end;);
            else if (n === 1) {
              const kept = fillHeap()
              Atomics.store(i32, words + 1, 1)
              spinUntil(words + 2)
              return n + 0 * kept.length
            }
            return n
          }).sum().wait(20_000)
        },
        () => {
          Atomics.store(i32, words, 1)
          spinUntil(words + 1)
        },
      ).wait(30_000)
      console.log(sum, i32[words], i32[words + 1], i32[words + 2])`,
      { FEARLESS_HEAP_MB: '8', FEARLESS_PAR_THREADS: '2' },
    )
    assert.equal(out, '496 1 1 1')
  })

  it('the death of a helper ends a run if the heap has no room for the error', async () => {
    const out = await run(
      'no-error',
      `
      import { PAR_HELPERS, SLOT_URGENT, core, i32, self } from ${INTERNAL}
      const main = thread.current().id
      // Whether the helper has begun, the heap is full with its reserve.
      const words = core.allocate(self, 16) >> 2
      i32.fill(0, words, words + 2)
      function spinUntil(isTrue: () => boolean) { for (const end = performance.now() + 10_000; !isTrue() && performance.now() < end;); }
      function fillHeap(): number[] {
        i32[(self + SLOT_URGENT) >> 2] = 1
        const kept = []
        for (let size = 1 << 20; size >= 16; size >>= 1) for (let at; (at = core.allocate(self, size)) !== 0;) kept.push(at)
        i32[(self + SLOT_URGENT) >> 2] = 0
        return kept
      }
      await par.join(() => spinUntil(() => Atomics.load(i32, words) === 1), () => { Atomics.store(i32, words, 1) })
      Atomics.store(i32, words, 0)
      try {
        parIter(par.range(0, 32)).map(n => {
          if (thread.current().id !== main) {
            Atomics.store(i32, words, 1)
            spinUntil(() => Atomics.load(i32, words + 1) === 1)
            process.exit(3)
          } else if (n === 0) for (const end = performance.now() + 1; performance.now() < end;);
          else if (n === 1) {
            spinUntil(() => Atomics.load(i32, words) === 1)
            const kept = fillHeap()
            Atomics.store(i32, words + 1, 1)
            spinUntil(() => Atomics.load(i32, PAR_HELPERS >> 2) === 0)
            for (const at of kept) core.free(self, at)
          }
          return n
        }).sum().wait(15_000)
      } catch (error) { console.log(error.name + ': ' + error.message) }`,
      { FEARLESS_HEAP_MB: '8', FEARLESS_PAR_THREADS: '2' },
    )
    assert.equal(
      out,
      'PanicError: The parallel helper ended without a result, and the heap had no room for the reason. Raise FEARLESS_HEAP_MB.',
    )
  })

  it('a run goes on alone if the heap has no room for a helper', async () => {
    const out = await run(
      'no-helper',
      `
      import { HeapFullError } from 'fearless'
      const kept = []
      for (const size of [200_000, 30_000, 8000, 3000, 1000, 500, 200, 10]) {
        try { for (;;) kept.push(new Arc('x'.repeat(size))) } catch (error) { if (!(error instanceof HeapFullError)) throw error }
      }
      console.log(parIter(par.range(0, 60_000)).filter(n => work(n) >= 0).count().wait(), kept.length > 0)`,
      { FEARLESS_HEAP_MB: '8', FEARLESS_PAR_THREADS: '2' },
    )
    assert.equal(out, '60000 true')
  })

  it('uncompiled programs give the same result if Function is forbidden', async () => {
    const file = scratch.write(
      'plain.mjs',
      `import { parIter, par } from 'fearless'
      let sum = 0
      for (let i = 0; i < 20; i++) sum = await parIter(par.range(0, 20_000)).map(n => { let x = n; for (let i = 0; i < 300; i++) x = (x * 31 + i) % 1000003; return x }).filter(x => x % 2 === 0).sum()
      console.log(sum)`,
    )
    const go = (...flags: string[]) =>
      new Promise<string>((resolve, reject) =>
        execFile(process.execPath, [...flags, file], { timeout: 60_000, cwd: scratch.path }, (error, out) =>
          error === null ? resolve(out) : reject(error),
        ),
      )
    assert.equal(await go(), await go('--disallow-code-generation-from-strings'))
  })
})
