/**
 * Measures the walls that make moved objects unusable: new messages, encoded and decoded, with the walls and without.
 *
 *     node src/memory/codec/moved.bench.ts
 *
 * Prints nanoseconds for a message (the lower quartile of forty short runs), and the slowdown with walls.
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { commitMessage, decode, encode, scratchAddress } from './codec.ts'
import { INTO_CHANNEL } from './moved.ts'

const RUNS = 40
const TIMES = 2000

const makers: Record<string, (i: number) => unknown> = {
  number: i => i + 0.5,
  string: i => `message ${i}`,
  '{ id, name, x, ok }': i => ({ id: i, name: 'abcdefgh', x: 1.5, ok: true }),
  nested: i => ({ id: i, at: { x: 1, y: 2 }, tags: ['a', 'b'], by: { name: 'ann', mail: 'ann@example.org' } }),
  '[x, y, z]': i => [i, 2.5, 3.5],
  '20 objects': i => Array.from({ length: 20 }, (_, k) => ({ id: i, k })),
  'Map of 10': i => new Map(Array.from({ length: 10 }, (_, k) => [k, i])),
  'Uint8Array(64)': i => new Uint8Array(64).fill(i),
}

let sink: unknown

function time(run: (i: number) => void): number {
  for (let i = 0; i < 3 * TIMES; i++) run(i)
  const runs = Array.from({ length: RUNS }, () => {
    const start = performance.now()
    for (let i = 0; i < TIMES; i++) run(i)
    return ((performance.now() - start) * 1e6) / TIMES
  })
  return runs.sort((a, b) => a - b)[RUNS >> 2]
}

function measure(): Record<string, number> {
  return Object.fromEntries(
    Object.entries(makers).map(([name, make]) => [
      name,
      time(i => {
        const length = encode(make(i), 'move')
        sink = decode(scratchAddress(), length)
        commitMessage(INTO_CHANNEL)
      }),
    ]),
  )
}

if (process.argv[2] === 'child') console.log(JSON.stringify(measure()))
else {
  const run = (walls: string): Record<string, number> => {
    const env = { ...process.env, FEARLESS_WALLS: walls }
    const out = execFileSync(process.execPath, [fileURLToPath(import.meta.url), 'child'], { env, encoding: 'utf8' })
    return JSON.parse(out) as Record<string, number>
  }
  const [off, on] = [run('off'), run('on')]
  for (const [name, without] of Object.entries(off)) {
    const factor = (on[name] / without).toFixed(1)
    console.log(
      `${name.padEnd(20)} ${without.toFixed(0).padStart(7)} ns   with walls ${on[name].toFixed(0).padStart(7)} ns   ${factor}x`,
    )
  }
}
void sink
