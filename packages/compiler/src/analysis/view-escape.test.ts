/**
 * The verdicts of the escape analysis: bodies of `v.with(view => { ... })`, and whether they are lent a vec's memory.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { transform } from '../index.ts'

type Verdict = 'reads' | 'writes' | 'escapes' | 'kept'

function verdictOf(program: string): Verdict {
  const source = `import { vec } from 'fearless'\nconst v = vec.f64(9), list: any = [], all = new Map(), some = new Set()\n${program}`
  const { code } = transform('file:///app.ts', source) ?? { code: source }
  const marks = { reads: ', __seen$)', writes: ', __view$)', kept: ', __kept$)', escapes: '' } as const
  return (Object.keys(marks) as Verdict[]).find(verdict => code.includes(marks[verdict]))!
}

function table(verdict: Verdict, rows: readonly string[]): void {
  for (const row of rows) {
    const program = row.includes('.with(') && !row.includes('view.with(') ? row : `v.with(view => { ${row} })`
    test(`${verdict}: ${row}`, () => assert.equal(verdictOf(program), verdict))
  }
}

table('reads', [
  'let s = 0; for (let i = 0; i < view.length; i++) s += view[i]!',
  'for (const x of view) console.log(x)',
  'console.log(...view, [...view], Math.max(...view))',
  'const [a, b] = view; console.log(a, b)',
  'v.with(view => view[0])',
  'v.with((view) => view.slice())',
  'v.with(function (view) { return view.indexOf(1) })',
  'v.with(([a, b]) => a! + b!)',
  'v.with(view => view.reduce((a, b) => a + b, 0))',
  'v.with(view => view.subarray(1, 3).reduce((a, b) => a + b, 0))',
  'v.with((view: Float64Array) => (view as Float64Array)[0]!)',
  'v.with((view => view?.[0]) as any)',
  'const row = view.subarray(2); console.log(row[0])',
  'console.log(view.map(Math.sqrt))',
  'return new Float64Array(view)',
  'return Array.from(view)',
  'for (const [i, x] of view.entries()) console.log(i, x)',
  'const at = (i: number) => view[i]!; return at(1) + at(2)',
  'function at(i: number): number { return i > 3 ? at(i - 1) : view[i]! }; return at(9)',
  '[0, 1].forEach(i => console.log(view[i]))',
  'return (() => view[0])()',
  'return `${view}`',
  'if (view.length === 0) return; console.log(view.at(-1))',
  'return Array.from({ length: 3 }, (_, i) => view[i])',
  'const sum = (xs: Float64Array) => { let s = 0; for (const x of xs) s += x; return s }; return sum(view)',
  'function sum(xs: Float64Array, from: number): number { return from < xs.length ? xs[from]! + sum(xs, from + 1) : 0 }\nv.with(view => sum(view, 0))',
])

table('writes', [
  'view[0] = 1',
  'view[0] += 1; view[1]++; [view[2], view[3]] = [1, 2]',
  'view.fill(1)',
  'view.set([1, 2], 3)',
  'view.sort((a, b) => b - a).reverse()',
  'view.subarray(1, 3).fill(7)',
  'view.forEach((_, i) => { view[i] = i * i })',
  'view.forEach((_, i, all) => { all[i] = i * i })',
  'const row = view.subarray(3); for (let x = 0; x < 3; x++) row[x] = x',
  'const put = (i: number, x: number) => { view[i] = x }; put(0, 1)',
  'const fill = (xs: Float64Array, x: number) => { xs.fill(x) }; fill(view, 1)',
  'function swap(xs: Float64Array, i: number, j: number) { [xs[i], xs[j]] = [xs[j]!, xs[i]!] }\nv.with(view => swap(view, 0, 1))',
  'v.with(view => void view.fill(1))',
])

table('escapes', [
  'new DataView(view.buffer)',
  'structuredClone(view)',
  'console.log(view)',
  'unknown(view)',
  'setTimeout(() => { view[0] = 1 })',
  'queueMicrotask(function () { view[0] = 1 })',
  'items.forEach(x => { view[x] = 1 })',
  'let row = view; row = view; unknown(row)',
  'class A { x = view[0] }; kept = A',
  'class A { m() { return view[0] } }; kept = A',
  'const at = () => { setTimeout(() => at()); return view[0] }; at()',
  'function later() { view[0] = 1 }; setTimeout(later)',
  'const gen = function* () { yield view[0] }; kept = gen()',
  'const later = async () => { await 0; view[0] = 1 }; later()',
  'view.forEach(async (_, i) => { await 0; view[i] = 1 })',
  'view.forEach((_, _i, all) => { kept = all })',
  'view.forEach(function () { kept = arguments[2] })',
  'view.forEach((...all) => { kept = all })',
  'view.forEach(unknown)',
  'view.reduce((a, _x, _i, all) => { kept = all; return a }, 0)',
  'kept = view.values()',
  'kept = view.fill.bind(view)',
  'eval("kept = view")',
  'throw view',
  'tag`${view}`',
  'view[name]()',
  'const { buffer } = view; kept = buffer',
  'for (kept of [view]);',
  'v.with(async view => { await 0; view[0] = 1 })',
  'v.with(function* (view) { yield view[0] })',
  'v.with(function (this: unknown, view: Float64Array) { kept = view })',
  'v.with(function () { kept = arguments[0] })',
  'v.with(function (view) { kept = arguments })',
  'v.with((...all) => { kept = all })',
  'v.with(({ buffer }) => { kept = buffer })',
  'v.with((view, n = unknown(view)) => n)',
  'v.with(view => { var view: any; unknown(view) })',
  'v.with(keep)',
  'const keep = (xs: Float64Array) => { kept = xs }\nv.with(view => keep(view))',
  'const pass = (xs: Float64Array) => keep(xs), keep = (xs: Float64Array) => { kept = xs }\nv.with(view => pass(view))',
  'let sum = (xs: Float64Array) => 1; sum = unknown\nv.with(view => sum(view))',
  'import { sum } from "./sum.ts"\nv.with(view => sum(view))',
  'function run(n: number, xs: any): any { if (n > 0) run(n - 1, xs); else kept = xs }\nv.with(view => { run(1, view) })',
  'function all(a: any, b: any) { a.forEach(() => { kept = () => 0; b[0] = 1 }) }\nv.with(view => { all(view, view) })',
])

test('a function that may keep its view reports its captures', () => {
  const code = (body: string): string =>
    transform('file:///app.ts', `import { vec } from 'fearless'\nconst v = vec.f64(9), rows = new Map()\n${body}`)
      ?.code ?? ''
  assert.match(code("v.with(view => { rows.set('a', same(view)) })"), /\)\) \}, \(\) => \[rows\]\)/)
  assert.match(
    code('let last\nv.with(view => { const own = same(view); last = own; rows.clear() })'),
    /, \(\) => \[last, rows\]\)/,
  )
  assert.doesNotMatch(code('v.with(view => { unknown(view) })'), /=> \[/)
})

table('kept', [
  'v.with(view => view)',
  'v.with(view => view.fill(1))',
  'v.with(view => view.subarray(1))',
  'v.with(view => () => view[0])',
  'v.with(view => ({ view }))',
  'v.with(view => [view.subarray(1)])',
  'return { view }',
  'if (cond) return view',
  'return new DataView(view.buffer)',
  "kept = view['subarray'](1)",
  'const at = () => view[0]; kept = () => at()',
  'const at = () => view[0]; kept = at',
  'kept = view',
  'kept = view.subarray(1)',
  'kept ??= view',
  'list.push(view)',
  'some.add(view)',
  'kept = { view }',
  'kept = [view]',
  'kept.a.b = view',
  'this.view = view',
  'const row = view.subarray(1); kept = row',
  'let row = view; row = view; kept = row',
  'kept = view.buffer',
  'kept = new DataView(view.buffer)',
  'kept = view.fill(0)',
  'kept = cond ? view : undefined',
  'kept = view ?? undefined',
  'kept = (0, view)',
  'kept = () => view[0]',
  'kept = (x: number) => { view[0] = x }',
  'kept = { m() { return view[0] } }',
  'kept = { get x() { return view[0] } }',
  'all.set(0, view)',
  'if (cond) for (;;) list.push(0, view)',
  '[0].forEach(() => { kept = view })',
])

// A copy, or a number: none of these is refused.
table('escapes', [
  'kept = [...view]; unknown(view)',
  'kept = view.slice(); unknown(view)',
  'outside.set(view); outside.set(view, 3)',
  'kept.push(view)',
  'sum.add(view)',
  'all.get(view)',
  'kept.push(...view, view.length, view[0]); unknown(view)',
  'const at = (i: number) => view[i]; kept.push(at(1), [1].map(i => at(i))); unknown(view)',
  'kept = unknown(view)',
  'kept = view.map(unknown)',
  'kept = structuredClone(view)',
  'const parts: Float64Array[] = []; parts.push(view.subarray(1)); unknown(parts)',
  'kept = items.map(x => view[x])',
  'kept = view ? unknown(view) : 1',
  'let last = view; last = view; unknown(last)',
  'const own = { view }; unknown(own)',
  'return unknown(view)',
  'return new Unknown(view)',
  'return [view.slice(), unknown(view)]',
  'return items.map(x => { return view[x] })',
])

test('a function that keeps a view is not assumed confined after a failed proof', () => {
  const source = `import { vec } from 'fearless'
const v = vec.f64(1)
function ping(xs: any, n: number): void { if (n > 0) pong(xs, n - 1) }
function pong(xs: any, n: number): void { ping(xs, n); kept = xs }
v.with(view => { ping(view, 1) })
v.with(view => { ping(view, 2) })
v.with(view => { pong(view, 2) })`
  assert.equal(transform('file:///app.ts', source)?.code.includes('__view$') ?? false, false)
  assert.equal(transform('file:///app.ts', source)?.code.includes('__seen$') ?? false, false)
})

/** Returns true if the view of a callback with a nested closure is confined. */
function isLentTo(made: string, use: string): boolean {
  const source = `import { Mutex, threadLocal, vec } from 'fearless'\nconst v = vec.f64(9), own = ${made}\nv.with(view => { ${use} })`
  return transform('file:///app.ts', source)!.code.includes(' }, __seen$)')
}

test('a closure inside may use the view if a method of the library calls it at once', () => {
  for (const [made, use] of [
    ['vec.f64(3)', 'own.with(other => console.log(other[0], view[0]))'],
    ['vec.f64(3).freeze()', 'own.with(other => console.log(other[0], view[0]))'],
    ['threadLocal(() => 0)', 'own.with(n => console.log(n, view[0]))'],
  ] as const)
    assert.ok(isLentTo(made, use), made)
  for (const [made, use] of [
    ['mine()', 'own.with(n => console.log(n, view[0]))'],
    ['vec.f64(3)', 'own.keep(n => console.log(n, view[0]))'],
    ['new Mutex(0)', 'own.update(n => n + view[0])'],
  ] as const)
    assert.ok(!isLentTo(made, use), made)
})
