/**
 * Measures a message: encode + commit + decode on one thread, against structuredClone, v8.serialize and JSON.
 *
 *     node src/memory/codec/codec.bench.ts [name]
 *
 * Prints nanoseconds (the lower quartile of sixty short runs), and the ratio of each rival's time to them.
 */
import { isDeepStrictEqual } from 'node:util'
import { deserialize, serialize } from 'node:v8'
import { commitMessage, decode, encode, scratchAddress } from './codec.ts'

const RUNS = 60
const only = process.argv[2]

const values: Record<string, unknown> = {
  number: 42.5,
  'string of 8': 'abcdefgh',
  'string of 200': 'abcdefgh'.repeat(25),
  'string of 1e5, UTF-16': 'a\u20ac'.repeat(5e4),
  '{ id, name, x, ok }': { id: 1, name: 'abcdefgh', x: 1.5, ok: true },
  '{ 12 fields }': {
    a: 1,
    b: 2,
    c: 3,
    d: 'x',
    e: 'y',
    f: 'z',
    g: 1.5,
    h: 2.5,
    i: null,
    j: true,
    k: false,
    l: undefined,
  },
  nested: { id: 7, at: { x: 1, y: 2 }, tags: ['a', 'b'], by: { name: 'ann', mail: 'ann@example.org' } },
  '[x, y, z]': [1.5, 2.5, 3.5],
  '1,000 ints': Array.from({ length: 1000 }, (_, i) => i),
  '1,000 doubles': Array.from({ length: 1000 }, (_, i) => i + 0.5),
  '1,000 objects': Array.from({ length: 1000 }, (_, i) => ({ id: i, name: `name ${i}`, x: i / 2, ok: true })),
  'Float64Array of 1e5': new Float64Array(1e5),
  'Map of 100': new Map(Array.from({ length: 100 }, (_, i) => [`key ${i}`, i])),
  Date: new Date(),
  Error: new TypeError('no'),
}

const ways: Record<string, (value: unknown) => unknown> = {
  codec(value) {
    const length = encode(value, 'copy')
    const copy = decode(scratchAddress(), length)
    commitMessage()
    return copy
  },
  structuredClone: value => structuredClone(value),
  'v8.serialize': value => deserialize(serialize(value)),
  JSON: value => JSON.parse(JSON.stringify(value) ?? 'null'),
}

let sink: unknown
function time(way: (value: unknown) => unknown, value: unknown): number {
  let times = 1
  for (;;) {
    const start = performance.now()
    for (let i = 0; i < times; i++) sink = way(value)
    if (performance.now() - start > 3) break
    times *= 2
  }
  const runs = Array.from({ length: RUNS }, () => {
    const start = performance.now()
    for (let i = 0; i < times; i++) sink = way(value)
    return ((performance.now() - start) * 1e6) / times
  })
  return runs.sort((a, b) => a - b)[RUNS >> 2]
}

for (const value of Object.values(values)) for (let i = 0; i < 300; i++) sink = ways.codec(value)
for (const [name, value] of Object.entries(values)) {
  if (only !== undefined && !name.includes(only)) continue
  const own = time(ways.codec, value)
  const rivals = Object.entries(ways)
    .slice(1)
    .map(([rival, way]) => {
      const ratio = isDeepStrictEqual(way(value), value) ? `${(time(way, value) / own).toFixed(1)}x` : 'wrong value'
      return `${rival} ${ratio}`
    })
  console.log(`${name.padEnd(24)} ${own.toFixed(own < 1000 ? 1 : 0).padStart(9)} ns   ${rivals.join('   ')}`)
}
void sink
