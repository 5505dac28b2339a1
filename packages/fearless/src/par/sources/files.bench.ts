/**
 * `par.lines` against one thread that reads the file: `readline`, and a text that is split at once.
 *
 *     node --import @fearless/compiler/register src/par/files.bench.ts [megabytes]
 *
 * Prints medians in milliseconds, and how many times faster the parallel iterator is.
 */
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { par, parIter } from 'fearless'

const RUNS = 5
const megabytes = Number(process.argv[2] ?? 100)

const folder = mkdtempSync(join(tmpdir(), 'fearless-'))
const path = join(folder, 'access.log')
const line = (i: number): string =>
  `192.168.${i % 256}.${(i * 7) % 256} - - [30/Nov/2026:11:22:${String(i % 60).padStart(2, '0')} +0000] "GET /pages/${i % 977} HTTP/1.1" ${i % 13 === 0 ? 404 : 200} ${(i * 31) % 9000}\n`
const block = Array.from({ length: 10_000 }, (_, i) => line(i)).join('')
writeFileSync(path, block.repeat(Math.ceil((megabytes * 1e6) / block.length)))

const bytesOf = (text: string): number => (text.includes('" 404 ') ? Number(text.slice(text.lastIndexOf(' '))) : 0)

const rows: Record<string, () => Promise<number>> = {
  async readline() {
    let sum = 0
    for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity }))
      sum += bytesOf(text)
    return sum
  },
  async 'readFileSync and split'() {
    let sum = 0
    for (const text of readFileSync(path, 'utf8').split('\n')) sum += bytesOf(text)
    return sum
  },
  async 'parIter(par.lines(path))'() {
    return await parIter(par.lines(path))
      .map(text => bytesOf(text))
      .sum()
  },
}

async function median(f: () => Promise<number>): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < RUNS; i++) {
    const start = performance.now()
    await f()
    times.push(performance.now() - start)
  }
  return times.sort((a, b) => a - b)[RUNS >> 1]
}

try {
  const sums = new Set<number>()
  const medians: Record<string, number> = {}
  for (const [name, f] of Object.entries(rows)) {
    sums.add(await f())
    medians[name] = await median(f)
  }
  const own = medians['parIter(par.lines(path))']
  for (const [name, ms] of Object.entries(medians))
    console.log(`${name.padEnd(26)} ${ms.toFixed(0).padStart(6)} ms   ${(ms / own).toFixed(2)}x`)
  if (sums.size !== 1) throw new Error(`the sums differ: ${[...sums].join()}`)
} finally {
  rmSync(folder, { recursive: true })
}
