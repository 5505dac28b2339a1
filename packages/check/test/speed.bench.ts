/**
 * Measures the checker's time relative to `tsc --noEmit`, on a generated project of 1,000 files.
 *
 *   npm run bench:check [-- --rounds 7] [--files 1000]
 *
 * Both run as users run them: one process per run, alternating in every round, so that a busy machine slows both. The
 * result is the median of the rounds' ratios. An edit is the work of the language server for one key: one file's text
 * changes, and that file is checked.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../../../scripts/runtimes.ts'
import { Project } from '../src/project.ts'
import { COMMAND, ScratchProject } from './scratch.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, files: { type: 'string', default: '1000' } },
})
const rounds = Number(values.rounds)
const files = Number(values.files)
const tsc = join(root, 'node_modules/typescript/bin/tsc')

const plain = (i: number): string => `
export interface Item${i} { id: number; name: string; tags: string[]; parent?: Item${i} }
export class Store${i} {
  #items = new Map<number, Item${i}>()
  add(item: Item${i}): this { this.#items.set(item.id, item); return this }
  find(id: number): Item${i} | undefined { return this.#items.get(id) }
  names(): string[] { return [...this.#items.values()].map(x => x.name.toUpperCase()).filter(Boolean) }
  group(): Record<string, Item${i}[]> {
    const out: Record<string, Item${i}[]> = {}
    for (const x of this.#items.values()) for (const t of x.tags) (out[t] ??= []).push(x)
    return out
  }
}
export async function load${i}(urls: readonly string[]): Promise<Item${i}[]> {
  const all = await Promise.all(urls.map(async (u, id) => ({ id, name: u, tags: u.split('/') })))
  return all.toSorted((a, b) => a.name.localeCompare(b.name))
}
export const sum${i} = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0)
${
  i === 0
    ? ''
    : `import { Store${i - 1}, type Item${i - 1} } from './f${i - 1}.ts'
export function merge${i}(a: Store${i - 1}, items: Item${i - 1}[]): Store${i - 1} { for (const x of items) a.add(x); return a }`
}
`

const threads = (i: number): string => `import { Arc, Mutex, drop, move, mpsc, thread } from 'fearless'
export async function work${i}(items: readonly string[]): Promise<Item${i}[]> {
  const [tx, rx] = mpsc.channel<Item${i}>()
  const count = new Arc(new Mutex(0))
  for (const item of items) {
    const mine = tx.clone()
    thread.spawn(move(() => {
      { using n = count.lock().wait(); n.value += 1 }
      mine.send({ id: 1, name: item, tags: [] })
    }))
  }
  drop(tx)
  const out: Item${i}[] = []
  for await (const x of rx) out.push(x)
  return out
}
`

/** Writes the project. `percent` of its files have threads: 1 or 20. */
function project(percent: number): string {
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2024', 'dom', 'esnext.disposable', 'esnext.collection'],
    module: 'nodenext',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    types: [],
  }
  const sources = Array.from({ length: files }, (_, i) => [
    `src/f${i}.ts`,
    (i % 100 < percent ? threads(i) : '') + plain(i),
  ])
  const tsconfig = { compilerOptions, include: ['src'] }
  return new ScratchProject(Object.fromEntries(sources) as Record<string, string>, { tsconfig }).path
}

function timed(folder: string, ...args: string[]): number {
  const start = performance.now()
  const run = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', timeout: 120_000 })
  const took = performance.now() - start
  if (run.status !== 0) throw new Error(`${args.join(' ')} failed: ${run.stdout}${run.stderr}`)
  return took
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!

function row(name: string, tscMs: readonly number[], ours: readonly number[], limit: number): void {
  const ratio = median(ours.map((ms, at) => ms / tscMs[at]!))
  const verdict = ratio <= limit ? '' : '  too slow'
  console.log(
    `${name.padEnd(34)} ${median(tscMs).toFixed(0).padStart(7)} ms ${median(ours).toFixed(0).padStart(9)} ms ${ratio.toFixed(2).padStart(7)}x   (at most ${limit}x)${verdict}`,
  )
  if (verdict !== '') process.exitCode = 1
}

console.log(`${files} files, ${rounds} rounds, medians\n`)
console.log(`${''.padEnd(34)} ${'tsc'.padStart(10)} ${'fearless'.padStart(12)} ${'ratio'.padStart(8)}`)
for (const [percent, limit] of [
  [5, 1],
  [20, 1.2],
] as const) {
  const folder = project(percent)
  const [tscMs, fresh, cached]: [number[], number[], number[]] = [[], [], []]
  timed(folder, tsc, '--noEmit', '-p', '.')
  timed(folder, COMMAND, 'check')
  for (let round = 0; round < rounds; round++) {
    tscMs.push(timed(folder, tsc, '--noEmit', '-p', '.'))
    fresh.push(timed(folder, COMMAND, 'check', '--no-cache'))
    cached.push(timed(folder, COMMAND, 'check'))
  }
  row(`check, ${percent} % of the files use threads`, tscMs, fresh, limit)
  row(`the same again, nothing changed`, tscMs, cached, 0.5)
  if (percent === 5) edits(folder)
}

function edits(folder: string): void {
  const open = new Project(join(folder, 'tsconfig.json'))
  try {
    open.check()
    const path = join(folder, 'src/f1.ts')
    const text = open.textOf(path)
    const took: number[] = []
    // The first edits warm up the JIT compiler, because an editor stays open for long.
    for (let edit = -20; edit < 100; edit++) {
      const start = performance.now()
      open.update(path, text.replace('n.value += 1', `n.value += ${edit + 22}`))
      if (open.checkFile(path).length > 0) throw new Error('the edit made a mistake')
      if (edit >= 0) took.push(performance.now() - start)
      open.tidy()
    }
    const ms = median(took)
    const late = took.toSorted((a, b) => a - b)[95]!
    const verdict = ms <= 30 ? '' : '  too slow'
    console.log(
      `${'one edit in the language server'.padEnd(34)} ${''.padStart(10)} ${ms.toFixed(1).padStart(9)} ms            (at most 30 ms; 95 % take at most ${late.toFixed(0)} ms)${verdict}`,
    )
    if (verdict !== '') process.exitCode = 1
  } finally {
    open.close()
  }
}
