/**
 * Interleavings per second: threads on one stack, generators, and loom on the same models.
 *
 *     node src/model/model.bench.ts [seconds for each]
 *
 * Prints thousands per second of processor time, the median of five runs, and the time until a model is exhausted. loom
 * counts interleavings that ours skips as equivalent, so users notice the second number. Skips loom if there is no
 * cargo.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { toSteps } from '../../../compiler/src/model/steps.ts'
import { models } from './bench.fixture.ts'
import { classics } from './classics.fixture.ts'
import { model, type Simulation } from './model.ts'

type Program = (simulation: Simulation) => void

const RUNS = 5
const seconds = Number(process.argv[2] ?? 3)

const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]

interface Rate {
  /** Thousands of interleavings per second. */
  readonly rate: number
  /** The time until all interleavings were explored. */
  readonly ms: number
  readonly executions: number
}

function measure(program: Program): Rate {
  const rates: number[] = []
  const times: number[] = []
  let executions = 0
  for (let run = 0; run < RUNS; run++) {
    let count = 0
    let rounds = 0
    const start = cpuMs()
    while (cpuMs() - start < (seconds * 1000) / RUNS) {
      const seen = model(program, { budgetMs: 60_000 })
      executions = seen.executions
      count += seen.executions + seen.redundant
      rounds++
    }
    rates.push(count / (cpuMs() - start))
    times.push((cpuMs() - start) / rounds)
  }
  return { rate: median(rates), ms: median(times), executions }
}

async function transformed<T>(file: string): Promise<T> {
  const url = new URL(file, import.meta.url)
  const code = toSteps(url.href, readFileSync(url, 'utf8'), { model: new URL('index.ts', import.meta.url).href })
  return (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as T
}

/** Returns loom's results on the same models, or undefined without cargo. */
function loom(): Map<string, Rate & { readonly complete: boolean }> | undefined {
  const folder = new URL('../../../../bench/rust/loom/', import.meta.url)
  const build = spawnSync('cargo', ['build', '--release', '--quiet'], { cwd: folder, stdio: 'inherit' })
  if (build.status !== 0) return undefined
  const { stdout } = spawnSync('target/release/loom_models', [String(seconds * 2)], { cwd: folder, encoding: 'utf8' })
  return new Map(
    stdout
      .trim()
      .split('\n')
      .map(line => {
        const [name, executions, ms, complete] = line.split(' ') as [string, string, string, string]
        const rate = Number(executions) / Number(ms)
        return [name, { rate, ms: Number(ms), executions: Number(executions), complete: complete === 'true' }]
      }),
  )
}

const steps = await transformed<{ models: typeof models }>('bench.fixture.ts')
const theirs = loom()
if (theirs === undefined) console.log('loom: skipped, because cargo is missing or could not build it')
console.log(
  `${'model'.padEnd(50)} nest k/s  generators k/s  loom k/s   all in ms: nest  generators  loom (interleavings)`,
)
for (const [name, program] of Object.entries(models)) {
  const nest = measure(program)
  const generators = measure(steps.models[name])
  const other = theirs?.get(name)
  const end = other === undefined ? '-' : `${other.complete ? '' : '> '}${other.ms.toFixed(1)} (${other.executions})`
  console.log(
    `${name.padEnd(50)} ${nest.rate.toFixed(0).padStart(8)} ${generators.rate.toFixed(0).padStart(15)} ` +
      `${(other?.rate.toFixed(1) ?? '-').padStart(9)} ${nest.ms.toFixed(1).padStart(17)} ${generators.ms.toFixed(1).padStart(11)}  ${end}` +
      `  (${nest.executions})`,
  )
}

const own = await transformed<{ classics: typeof classics }>('classics.fixture.ts')
const rates: { nest: number[]; generators: number[] } = { nest: [], generators: [] }
for (const [i, { name, program, fails }] of classics.entries()) {
  // A program with few interleavings measures the start of a model.
  if (fails !== undefined || model(program).executions < 100) continue
  const nest = measure(program)
  const generators = measure(own.classics[i].program)
  rates.nest.push(nest.rate)
  rates.generators.push(generators.rate)
  console.log(`${name.padEnd(50)} ${nest.rate.toFixed(0).padStart(8)} ${generators.rate.toFixed(0).padStart(15)}`)
}
console.log(
  `${'median'.padEnd(50)} ${median(rates.nest).toFixed(0).padStart(8)} ${median(rates.generators).toFixed(0).padStart(15)}`,
)
