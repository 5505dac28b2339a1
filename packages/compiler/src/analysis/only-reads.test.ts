/** The read-only proofs of borrowing closures: no proof for a closure that writes, and a proof for the common forms. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { transform } from '../index.ts'

const ALL = 31
const [CAPTURED, FIRST, IN_FIRST, OTHERS, OWN_RESULT] = [1, 2, 4, 8, 16]

/** Returns the bits of the only closure in `text`, and the location in its mark. */
function readsOf(text: string): { bits: number; at: string | undefined } {
  const source = `import { par, parIter, thread } from 'fearless'
import { imported, LIMIT } from './other.ts'
const TABLE = [1, 2, 3], OPS = { double: n => n * 2, get(k) { return k } }
export function main(xs, grid, groups, out, t) {
${text}
}
const record = (o, v) => { o[v] = 1 }
function first(o) { return o.list[0] }
function isPrime(n) { for (let d = 2; d * d <= n; d++) if (n % d === 0) return false; return true }
function sumOf(o) { let s = 0; for (const v of o.list) s += v; return s }
const touch = o => { first(o).n = 1 }
function even(n) { return n === 0 || odd(n - 1) }
function odd(n) { return n !== 0 && even(n - 1) }`
  const { code } = transform('file:///a.ts', source)!
  const found = /fl=0", (?:\(\) => \[[^\]]*\], "[^"]*"|undefined, undefined), (\d+)(?:, "(\d+:\d+)")?\)/.exec(code)
  return { bits: Number(found?.[1] ?? 0), at: found?.[2] }
}

const ONLY_READS = [
  'x => x % 2 === 0',
  'x => t[x] + t.length',
  'x => t.deep.list[0].n + TABLE[x]',
  'n => isPrime(n)',
  'n => even(n)',
  'o => sumOf(o) + first(o)',
  'n => { let [x, y] = [0, 0]; while (x < n) { const z = x * x; y = 2 * x; x = z + 1 } return y }',
  'u => ({ ...u, score: u.a + 1 })',
  'u => { const o = { ...u }; o.score = 2; delete o.a; o.n++; return o }',
  'u => { const seen = new Set(); for (const k of u.keys) seen.add(k); return seen.size + (t.get(1) ?? 0) }',
  'u => u.list.map(x => x.n).sort().slice(1).join()',
  'u => u.list.toSorted((a, b) => a.n - b.n).length',
  'u => u.list.filter(Boolean).map(String).map(Math.sqrt).length',
  'u => u.list.reduce((a, b) => a + b.n, 0)',
  'u => { const counts = {}; for (const w of u.words) counts[w] = (counts[w] ?? 0) + 1; return counts }',
  '([a, { b, ...rest }]) => a + b + Object.keys(rest).length',
  's => s.replace(/a/g, "b").split(" ").sort().join()',
  'u => structuredClone(u)',
  'u => JSON.stringify(u) + Math.max(...u.list) + Number(u.n) + console.log(u)',
  'u => { const d = new Date(u.date); d.setTime(0); return d }',
  'u => { const own = u.bytes.slice(); own[0] = 1; own.fill(2); return own }',
  'u => { const add = (a, b) => a + b; return add(u.a, u.b) }',
  'u => { try { return u.n } catch (e) { return e.message } }',
  'u => { switch (u.kind) { case 1: return u.a; default: return u.b } }',
  'u => [...u.list, ...t.list].length',
  'u => u?.a?.b ?? t?.c',
  'u => (u, t.length, u.n)',
  'u => { label: for (const x of u.list) { if (x) continue label } return `${u.n}` }',
  'u => { const [a, ...others] = u.list; others[0] = a; return others }',
]

/** Closures that write, each with the bits that must be missing. */
const WRITES: readonly (readonly [closure: string, missing: number])[] = [
  ['x => { t[x] = 1 }', CAPTURED],
  ['x => { t.deep.n++ }', CAPTURED],
  ['x => { delete t.n }', CAPTURED],
  ['y => { const row = grid[y]; for (let x = 0; x < 5; x++) row[x] = 1 }', CAPTURED],
  ['v => { groups.get(v)!.push(v) }', CAPTURED],
  ['v => { (groups.get(v) as number[]).push(v) }', CAPTURED],
  ['v => { record(out, v) }', CAPTURED],
  ['v => { touch(t) }', CAPTURED],
  ['v => { [t.a, t.b] = [1, 2] }', CAPTURED],
  ['v => { ({ a: t.a, ...t.b } = v) }', CAPTURED],
  ['v => { for (t.n of [1]); }', CAPTURED],
  ['v => { for (t.n in { a: 1 }); }', CAPTURED],
  ['v => { Object.assign(t, v) }', CAPTURED],
  ['v => { Reflect.set(t, "n", 1) }', CAPTURED],
  ['v => { Object.freeze(t) }', CAPTURED],
  ['v => { new DataView(t).setInt8(0, v) }', CAPTURED],
  ['v => { t.subarray(1)[0] = 1 }', CAPTURED],
  ['v => { new Uint8Array(t.buffer)[0] = 1 }', CAPTURED],
  ['v => { t.sort() }', CAPTURED],
  ['v => { t.slice().forEach(x => { x.n = 1 }) }', CAPTURED],
  ['v => { const { part } = t; part.n = 1 }', CAPTURED],
  ['v => { let part; part = t.part; part.n = 1 }', CAPTURED],
  ['v => { const o = { held: t }; o.held.n = 1 }', CAPTURED],
  ['v => { const o = {}; o.held = t; const p = o; p.held.n = 1 }', CAPTURED],
  ['v => { const list = []; list.push(t); list[0].n = 1 }', CAPTURED],
  ['v => { new Map([[1, t]]).get(1).n = 1 }', CAPTURED],
  ['v => { const pick = () => t; pick().n = 1 }', CAPTURED],
  ['v => { (v ? t : {}).n = 1 }', CAPTURED],
  ['v => { (v && t).n = 1 }', CAPTURED],
  ['v => { t.n ??= 1 }', CAPTURED],
  ['v => { try { throw t } catch (e) { e.n = 1 } }', CAPTURED],
  ['v => { imported(t) }', CAPTURED],
  ['v => { t.touch() }', CAPTURED],
  ['v => { t["touch"]() }', CAPTURED],
  ['v => { t[v]() }', CAPTURED],
  ['v => { OPS.get(t) }', CAPTURED],
  ['v => { v.list.map(imported) }', CAPTURED],
  ['v => { v.list.map(OPS.double) }', CAPTURED],
  ['v => { new Foreign(t) }', CAPTURED],
  ['v => { t.test("a") }', CAPTURED],
  ['v => { const f = [x => { x.n = 1 }]; f[0](t) }', CAPTURED],
  ['v => { class A { m(o) { o.n = 1 } } new A().m(t) }', CAPTURED],
  ['function (v) { arguments[0].n = 1 }', FIRST],
  ['u => { u.score = 1 }', FIRST],
  ['u => { u.list.push(1) }', IN_FIRST],
  ['({ list }) => { list.push(1) }', IN_FIRST],
  ['([a]) => { a.n = 1 }', IN_FIRST],
  ['u => { for (const x of u.list) x.n = 1 }', IN_FIRST],
  ['u => { const all = [...u.list]; all[0].n = 1 }', IN_FIRST],
  ['(u = {}) => { u.n = 1 }', FIRST],
  ['(...all) => { all[0].n = 1 }', FIRST],
  ['(a, b) => { b.n = 1 }', OTHERS],
]

for (const closure of ONLY_READS) {
  test(`a closure is proven read-only: ${closure}`, () => {
    const { bits, at } = readsOf(`parIter(xs).map(${closure})`)
    assert.equal(bits & ~OWN_RESULT, ALL & ~OWN_RESULT)
    assert.equal(at, undefined)
  })
}

for (const [closure, missing] of WRITES) {
  test(`a possible change is not proven read-only: ${closure}`, () => {
    const { bits, at } = readsOf(`parIter(xs).map(${closure})`)
    assert.equal(bits & missing, 0)
    assert.match(at ?? '', /^5:\d+$|^\d+:\d+$/)
  })
}

test('an accumulator may be changed, but not its elements', () => {
  const bits = (closure: string): number => readsOf(`parIter(xs).reduce(1, ${closure})`).bits
  assert.equal(bits('(a, x) => { a.push(x); return a }'), ALL & ~FIRST)
  assert.equal(bits('(a, x) => { a.push(x); a[0].n = 1; return a }') & (IN_FIRST | OTHERS), 0)
  assert.equal(bits('(a, x) => { if (a === 0) return x; a.n += x.n; return a }') & OWN_RESULT, 0)
})

test('the location of a certain write takes precedence over an unknown call', () => {
  assert.equal(readsOf(`parIter(xs).map(x => {\nimported(x)\nt.n = 1\n})`).at, '7:1')
})

test('data of the module that is changed through an alias is captured and compared', () => {
  const { code } = transform(
    'file:///a.ts',
    `import { parIter } from 'fearless'
const grid = [[0], [0]]
await parIter(grid.keys()).forEach(y => { const row = grid[y]; row[0] = 1 })`,
  )!
  assert.match(code, /\(\) => \[grid\], "grid", 30, "3:64"\)/)
})
