/**
 * A web server under load:  npm run bench:server [-- --requests 200 --load 8 --rounds 3]
 *
 * 200 requests of 70 ms of arithmetic each arrive at once, and a trivial route is requested every 20 ms at the same
 * time. For each server it prints the total time, the median and the 99th percentile of the trivial route, and the peak
 * memory of the process. With `--load 8` eight other processes compute at the same time. The two servers run
 * alternately, in the same minutes of the machine.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { parseArgs } from 'node:util'
import { BENCH } from '../line-up.ts'
import { median, quantile } from '../measure.ts'
import { installRivals, stripTypes } from '../prepare.ts'
import { work } from './work.ts'

const MS_PER_REQUEST = 70
const PROBE_MS = 20
const LIMIT_MS = 300_000

interface Run {
  readonly seconds: number
  readonly median: number
  readonly p99: number
  readonly mib: number
}

const SERVERS = ['fearless', 'piscina'] as const
type Server = (typeof SERVERS)[number]

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '200' },
    load: { type: 'string', default: '0' },
    rounds: { type: 'string', default: '3' },
    help: { type: 'boolean', default: false },
  },
})

/** Returns the number of steps that take `ms` on this machine at rest: the best of several tries. */
function calibrate(ms: number): number {
  let best = Infinity
  for (let i = 0; i < 20; i++) {
    const start = performance.now()
    work(2_000_000)
    best = Math.min(best, performance.now() - start)
  }
  return Math.round((2_000_000 * ms) / best)
}

const agent = new Agent({ keepAlive: true, maxSockets: 1000 })

function ask(port: number, path: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const start = performance.now()
  get({ host: '127.0.0.1', port, path, agent }, response => {
    if (response.statusCode !== 200) return reject(new Error(`${path}: ${response.statusCode}`))
    response.resume().on('end', () => resolve(performance.now() - start))
  }).on('error', reject)
  return promise
}

async function started(server: ChildProcess): Promise<number> {
  for await (const text of server.stdout!) return (JSON.parse(String(text)) as { port: number }).port
  throw new Error('The server has not started.')
}

const peakMib = (pid: number): number =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024

async function measure(name: Server, steps: number, requests: number): Promise<Run> {
  const flags = name === 'fearless' ? ['--import', '@fearless/compiler/register'] : []
  const server = spawn(process.execPath, [...flags, `${BENCH}dist/programs/server-${name}.js`], {
    cwd: BENCH,
    env: { ...process.env, STEPS: String(steps), NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const limit = setTimeout(() => server.kill('SIGKILL'), LIMIT_MS)
  try {
    const port = await started(server)
    // Warm up: workers start, and the function is compiled.
    for (let i = 0; i < 4; i++) await Promise.all([ask(port, '/work'), ask(port, '/work'), ask(port, '/ok')])
    const probes: number[] = []
    const start = performance.now()
    let isDone = false
    const all = Promise.all(Array.from({ length: requests }, () => ask(port, '/work'))).finally(() => (isDone = true))
    while (!isDone) {
      probes.push(await ask(port, '/ok'))
      await new Promise(resolve => setTimeout(resolve, PROBE_MS))
    }
    await all
    const seconds = (performance.now() - start) / 1000
    return { seconds, median: median(probes), p99: quantile(probes, 0.99), mib: peakMib(server.pid!) }
  } finally {
    clearTimeout(limit)
    server.kill('SIGKILL')
  }
}

const medianOf = (runs: readonly Run[], part: keyof Run): number => median(runs.map(run => run[part]))

function countOf(option: 'requests' | 'load' | 'rounds', least: number): number {
  const count = Number(values[option])
  if (Number.isInteger(count) && count >= least) return count
  throw new Error(`--${option} takes a whole number from ${least} on.`)
}

async function main(): Promise<void> {
  const [requests, load, rounds] = [countOf('requests', 1), countOf('load', 0), countOf('rounds', 1)]
  installRivals()
  stripTypes()
  const steps = calibrate(MS_PER_REQUEST)
  const busy = Array.from({ length: load }, () => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }))
  try {
    const runs = new Map<Server, Run[]>(SERVERS.map(name => [name, []]))
    for (let round = 0; round < rounds; round++)
      for (const name of SERVERS) {
        process.stderr.write(`round ${round + 1}/${rounds}: ${name}\n`)
        runs.get(name)!.push(await measure(name, steps, requests))
      }
    console.log(
      `${requests} requests of ${MS_PER_REQUEST} ms at once, ${load} other processes compute; medians of ${rounds} runs`,
    )
    console.log('| server   | all, s | trivial route, median ms | p99 ms | peak MiB |\n| --- | --: | --: | --: | --: |')
    for (const name of SERVERS) {
      const of = runs.get(name)!
      const cells = (['seconds', 'median', 'p99', 'mib'] as const).map(part => medianOf(of, part))
      console.log(`| ${name} | ${cells.map(cell => cell.toFixed(1)).join(' | ')} |`)
    }
    const [ours, theirs] = SERVERS.map(name => runs.get(name)!)
    const ratio = (part: keyof Run): string => (medianOf(ours, part) / medianOf(theirs, part)).toFixed(2)
    console.log(`| ratio | ${ratio('seconds')} | ${ratio('median')} | ${ratio('p99')} | ${ratio('mib')} |`)
  } finally {
    for (const process of busy) process.kill('SIGKILL')
    agent.destroy()
  }
}

if (values.help) console.log('npm run bench:server [-- --requests 200 --load 0 --rounds 3]')
else await main()
