/**
 * Tests that need a process of their own: the same bits on any number of threads, the death of helpers, the end of the
 * process.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, it } from 'node:test'
import { ScratchFolder } from '../../../../scripts/scratch.ts'

const scratch = new ScratchFolder()

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
