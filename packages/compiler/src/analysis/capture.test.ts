import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resultOf } from '../../test/fixtures/stand-in/program.ts'

const options = { timeout: 20_000 }
const HEAD = `import { closure, move, par, parIter, thread, threadLocal } from 'fearless'\n`

/** Asserts the value that a program of one file exports as `result`. */
function gives(name: string, program: string, expected: unknown, others?: Record<string, string>): void {
  test(name, options, async () => {
    assert.deepEqual(await resultOf(HEAD + program, others), expected)
  })
}

gives(
  'a closure without captures returns its result',
  `export const result = await thread.spawn(() => 1 + 1).join()`,
  2,
)
gives(
  'arguments reach the thread',
  `export const result = await thread.spawn((a: number, b: number) => a * b, 6, 7).join()`,
  42,
)
gives(
  'a moved local reaches the thread',
  `
async function main() { const data = [1, 2, 3]; return thread.spawn(move(() => data.length)).join() }
export const result = await main()`,
  3,
)
gives(
  'a parameter, a catch parameter and loop variables reach the thread',
  `
async function main(a: number, { b }: { b: number }, ...[c]: number[]) {
  try { throw 4 } catch (d) {
    for (const e of [5]) for (let f = 6; f < 7; f++) return thread.spawn(move(() => [a, b, c, d, e, f])).join()
  }
}
export const result = await main(1, { b: 2 }, 3)`,
  [1, 2, 3, 4, 5, 6],
)
gives(
  'destructured locals with defaults reach the thread',
  `
async function main() { const { a, b: [c = 5, ...d], ...e } = { a: 1, b: [undefined, 2, 3], x: 4 } as any; return thread.spawn(move(() => [a, c, d, e])).join() }
export const result = await main()`,
  [1, 5, [2, 3], { x: 4 }],
)

gives(
  'a closure uses an import',
  `
import { basename, join as j } from 'node:path'
import path, { sep } from 'node:path'
import * as all from 'node:path'
export const result = await thread.spawn(() => [basename('/a/b'), j('a', 'b'), path.extname('a.b'), sep, all.dirname('/a/b')]).join()`,
  ['b', 'a/b', '.b', '/', '/a'],
)
gives(
  'an import of the program is evaluated once per thread',
  `
import { count } from './count.ts'
import { again } from './again.ts'
count()
export const result = [await thread.spawn(() => [count(), again()]).join(), count()]`,
  [[1, 2], 2],
  {
    'count.ts': `let n: number = 0; export const count = () => ++n`,
    'again.ts': `import { count } from './count.ts'; export const again = () => count()`,
  },
)
gives(
  'an import that itself spawns works in a thread',
  `
import { double } from './double.ts'
export const result = [await double(4), await thread.spawn(() => double(5)).join()]`,
  [8, 10],
  {
    'double.ts': `import { thread, move } from 'fearless'\nexport const double = (n: number) => thread.spawn(move(() => n * 2)).join()`,
  },
)
gives(
  'a type-only import is not evaluated',
  `
import type { Nothing } from './nothing.ts'
import { type Nothing as N2 } from 'node:path'
export const result = await thread.spawn((x: Nothing | N2) => typeof x, 1 as unknown as Nothing).join()`,
  'number',
  { 'nothing.ts': 'throw 1' },
)

gives(
  'module functions, recursion and functions that they use are copied',
  `
function even(n: number): boolean { return n === 0 || odd(n - 1) }
const odd = (n: number): boolean => n !== 0 && even(n - 1)
export default function start() { return even(10) }
export const result = await thread.spawn(() => [start(), even(3)]).join()`,
  [true, false],
)
gives(
  'a class keeps its identity in a thread',
  `
class Shape { static readonly kinds = ['a']; area() { return 0 } }
class Square extends Shape { #side: number; constructor(side: number) { super(); this.#side = side } area() { return this.#side ** 2 } }
const make = () => new Square(3)
export const result = await thread.spawn(() => [make() instanceof Shape, make() instanceof Square, make().area(), Shape.kinds]).join()`,
  [true, true, 9, ['a']],
)
gives(
  'an enum is copied',
  `
export enum Color { Red, Green = 'green', Blue = 1 << 2, Sky = Blue | Color.Red }
export const result = await thread.spawn(() => [Color.Red, Color.Green, Color[4], Color.Sky]).join()`,
  [0, 'green', 'Sky', 4],
)
gives(
  'pure constants are copied',
  `
const LIMIT = 10, UNUSED = 11, table = { a: [LIMIT * 2, -1], [\`k\${LIMIT}\`]: new Map([[1, 2]]) } as const
const { a: [first] } = table
const rows = Array.from({ length: 3 }, (_, i) => i * i), words = 'a b'.split(' ')
export const result = await thread.spawn(() => [LIMIT, table.a, table.k10.get(1), first, rows, words]).join()`,
  [10, [20, -1], 2, 20, [0, 1, 4], ['a', 'b']],
)
gives(
  'a let that is never assigned again is copied',
  `let a = 1, b: number | undefined
export const result = await thread.spawn(() => [a, b]).join()`,
  [1, undefined],
)

gives(
  'an impure constant is sent as a value',
  `
const start = Date.now(), id = process.pid + Math.random(), [x, { y }] = await Promise.resolve([1, { y: 2 }])
const got = await thread.spawn(move(() => [start, id, x, y])).join()
export const result = [got[0] === start, got[1] === id, got[2], got[3]]`,
  [true, true, 1, 2],
)
gives(
  'a module function uses a value that is sent at the spawn',
  `
const salt = Math.random()
const hash = (n: number) => n + salt
function twice(n: number) { return hash(n) * 2 }
const api = { twice }
export const result = await thread.spawn(move(() => [twice(1), api.twice(1)])).join().then(([a, b]) => [a === twice(1), b === a])`,
  [true, true],
)
gives(
  'the module body does not run again',
  `
const seen: string[] = []
seen.push('body')
if (process.env.NEVER) throw new Error()
import { isMainThread } from 'node:worker_threads'
if (!isMainThread) throw new Error('the body ran in a thread')
const f = () => 1
export const result = await thread.spawn(() => f()).join()`,
  1,
)
gives(
  'a thread local has a value for each thread',
  `
const cache = threadLocal(() => new Map<string, number>())
function remember(key: string) { cache.value.set(key, cache.value.size); return cache.value.size }
remember('main')
export const result = [await thread.spawn(() => [remember('a'), remember('b')]).join(), cache.value.size]`,
  [[1, 2], 1],
)

gives(
  'local functions are copied with their captures',
  `
async function main(base: number) {
  const scale = 2
  const add = (n: number): number => n + base
  function scaled(n: number) { return n <= 0 ? 0 : add(n) * scale + scaled(n - 100) }
  return thread.spawn(move(() => scaled(1))).join()
}
export const result = await main(10)`,
  22,
)
gives(
  'a local function that is declared after the spawn is copied',
  `
async function main(base: number) {
  const handle = () => thread.spawn(move(() => late(1))).join()
  const late = (n: number) => n + base
  return handle()
}
export const result = await main(10)`,
  11,
)
gives(
  'a local class and enum are copied',
  `
async function main() {
  class Pair { a = 1; b = 2 }
  enum Kind { One = 1 }
  return thread.spawn(() => { const p = new Pair(); return [p instanceof Pair, p.a, Kind.One] }).join()
}
export const result = await main()`,
  [true, 1, 1],
)
gives(
  'a local function spawns itself',
  `
async function main() {
  const down = async (n: number): Promise<number> => n === 0 ? 0 : 1 + await thread.spawn(move(() => down(n - 1))).join()
  return down(2)
}
export const result = await main()`,
  2,
)
gives(
  'a module function spawns itself',
  `
async function down(n: number): Promise<number> { return n === 0 ? 0 : 1 + await thread.spawn(move(() => down(n - 1))).join() }
export const result = await down(2)`,
  2,
)

gives(
  'a shadowed name refers to the innermost binding',
  `
const x = 'module', y = 'module'
async function main() {
  const x = 'local'
  return thread.spawn(move((y = 'default') => { { const x = 'inner'; void x } return [x, y, ((x: string) => x)('param')] })).join()
}
export const result = await main()`,
  ['local', 'default', 'param'],
)
gives(
  'defaults and computed keys refer to the surrounding scope',
  `
async function main(k: string) { const d = 5; return thread.spawn(move(({ [k]: v = d } = {} as any) => ({ v, [k]: d }))).join() }
export const result = await main('key')`,
  { v: 5, key: 5 },
)
gives(
  'hoisted var and function names of the closure are not captures',
  `
export const result = await thread.spawn(() => { before(); var v = 1; function before() { v = 2 } return v }).join()`,
  1,
)
gives(
  'generics, satisfies, non-null and assertions are erased',
  `
const id = <T,>(value: T): T => value
export const result = await thread.spawn(<T extends number>(n: T) => { const o = { n } satisfies object; return id<number>(o.n!) as unknown as string }, 5).join()`,
  5,
)
gives(
  'async closures await inside',
  `
async function main(ms: number) { return thread.spawn(move(async () => { await new Promise(done => setTimeout(done, ms)); for await (const x of [Promise.resolve(3)]) return x })).join() }
export const result = await main(1)`,
  3,
)
gives(
  'a function expression is a closure',
  `
export const result = await thread.spawn(function fact(n: number): number { return n < 2 ? 1 : n * fact(n - 1) }, 5).join()`,
  120,
)
gives(
  'named functions are closures',
  `
import { basename } from 'node:path'
function work(n: number) { return n + 1 }
const arrow = (n: number) => n + 2
async function main(k: number) { const local = (n: number) => n + k; return thread.spawn(move(local), 1).join() }
export const result = [await thread.spawn(work, 1).join(), await thread.spawn(arrow, 1).join(), await thread.spawn(basename, '/a/b').join(),
  await main(3), await parIter([-1.5, 2]).map(Math.abs).collect(), await parIter(['1']).map(Number).collect()]`,
  [2, 3, 'b', 4, [1.5, 2], [1]],
)

gives(
  'each nested closure has its own captures',
  `
const one = 1, late = Date.now() * 0 + 4
async function main(two: number) {
  return thread.spawn(move(async () => {
    const three = 3
    const inner = await thread.spawn(move(async () => {
      const five = 5
      return thread.spawn(move(() => [one, two, three, late, five])).join()
    })).join()
    return [inner, two]
  })).join()
}
export const result = await main(2)`,
  [[1, 2, 3, 4, 5], 2],
)
gives(
  'closures inside copied functions run',
  `
const square = (n: number) => n * n
async function sum(list: number[]) { const parts = await parIter(list).map(n => square(n)).collect(); return parts.reduce((a, b) => a + b) }
export const result = await thread.spawn(() => sum([1, 2, 3])).join()`,
  14,
)
gives(
  'borrowing closures of scope, parIter, join and closure run',
  `
async function main() {
  const k = 10, lookup = new Map([[1, 'one']])
  const chain = parIter([1, 2, 3]).filter(n => n * k > 10)
  const mine = <T,>(f: () => T) => thread.spawn(f).join()
  return [await thread.scope(async s => s.spawn(() => k + 1).join()), await chain.map(n => n + k).collect(),
    await par.join(() => k, () => lookup.get(1)), await mine(closure(() => k)),
    await thread.builder({ name: 'x' }).spawn(move(() => k)).join()]
}
export const result = await main()`,
  [11, [12, 13], [10, 'one'], 10, 10],
)
gives(
  'an object that the module fills first is sent with its value at the spawn',
  `
const table: number[] = []
for (let i = 0; i < 3; i++) table.push(i)
const filled: Record<string, number> = {}
fill(filled)
function fill(o: Record<string, number>) { o.a = 1 }
export const result = [await thread.spawn(move(() => table)).join(), await parIter([1]).map(i => table[i]).collect(), await thread.spawn(move(() => filled.a)).join()]`,
  [[0, 1, 2], [1], 1],
)
gives(
  'the last owner of an object may change it',
  `
const list = [3, 1, 2]
export const result = await thread.spawn(move(() => { list.sort(); return list })).join()`,
  [1, 2, 3],
)
gives(
  'names of the user do not clash with generated names',
  `
const $factory = 1, __fl$ = 2
async function main() { const $f = 3; const f = () => $f; return thread.spawn(move(() => [$factory, __fl$, f()])).join() }
export const result = await main()`,
  [1, 2, 3],
)
gives(
  'renamed and namespace imports are recognised',
  `
import { thread as t, move as m } from 'fearless'
import * as fl from 'fearless'
const { spawn } = t
const go = fl.thread.spawn
async function main(n: number) { return [await t.spawn(m(() => n)).join(), await fl.thread.spawn(fl.move(() => n + 1)).join(), await spawn(() => 3).join(), await go(() => 4).join()] }
export const result = await main(1)`,
  [1, 2, 3, 4],
)
