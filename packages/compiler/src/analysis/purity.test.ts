import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findSites } from './find.ts'
import { Purity } from './purity.ts'
import { analyse } from './names.ts'
import { parse } from '../syntax/syntax.ts'

const HEAD = `import { Mutex, thread, move, threadLocal, parIter, struct } from 'fearless'
import { imported } from './imported.ts'
import * as ns from './ns.ts'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
const N = 1; function fn() {} class Cls {} const now = Date.now()
`

/** Returns how the variable `x` of the program reaches a thread. */
function wayOf(program: string): string {
  const parsed = parse('file:///a.ts', HEAD + program)
  assert.ok(parsed, program)
  const scopes = analyse(parsed.program)
  return new Purity(scopes, findSites(scopes).sites, parsed.text).transferOf(scopes.module.bindings.get('x')!).way
}

function ways(expected: string, programs: string[]): void {
  for (const program of programs)
    test(`${expected}: ${program}`, { timeout: 5_000 }, () => {
      assert.equal(wayOf(program), expected)
    })
}

const initialisers = (texts: string[]): string[] => texts.map(text => `const x = ${text}`)

ways(
  'copy',
  initialisers([
    '1',
    '-1n',
    `'a'`,
    '`a${N}`',
    'null',
    'undefined',
    '/a/g',
    '[1, , ...[2]]',
    '{ a: { b: [N] }, ...{ c: 1 }, [`k${N}`]: 2 }',
    '() => now',
    'function () { return Date.now() }',
    'class { m() { return now } }',
    'N + 1',
    '!N',
    'N ? 1 : 2',
    'N ?? 2',
    'void 0',
    'typeof N',
    '(1, 2)',
    'imported',
    'imported.a.b',
    'ns.thing',
    'fn',
    'Cls',
    '{ f: fn, c: Cls }',
    'new Map([[1, 2]])',
    'new Set<number>()',
    `new RegExp('a')`,
    'new Date(0)',
    'new Uint8Array(4)',
    `new Intl.NumberFormat('de')`,
    `new Error('x')`,
    'Math.PI',
    'Math.max(1, N)',
    'Number.MAX_SAFE_INTEGER',
    `Object.freeze({ a: 1 })`,
    `Object.keys({ a: 1 })`,
    `'a,b'.split(',')`,
    `[1, 2].map(n => n * N).filter(n => n > 1)`,
    `Array.from({ length: 3 }, (_, i) => i)`,
    `JSON.parse('{}')`,
    `parseInt('1')`,
    `Symbol('a')`,
    `Symbol.for('a')`,
    'String.raw`a`',
    '1 as const',
    '{ a: 1 } satisfies object',
    '/* @__PURE__ */ imported.make({ a: 1 })',
    'createRequire(import.meta.url)',
    'promisify(imported)',
    'threadLocal(() => Date.now())',
    'struct({ a: struct.f64 })',
    'console.log',
  ]),
)

ways(
  'value',
  initialisers([
    'Date.now()',
    'Math.random()',
    'new Date()',
    'performance.now()',
    'process.env.HOME',
    'process.pid',
    'await 1',
    'imported()',
    'new Cls()',
    'fn()',
    'now',
    'now + 1',
    '[now]',
    '{ a: now }',
    '`${now}`',
    'new SharedArrayBuffer(8)',
    'new ArrayBuffer(8)',
    'new WebSocket("")',
    'import.meta.url',
    'globalThis.thing',
    'crypto.randomUUID()',
    '[1].map(() => now)',
    '[1].map(() => { return 1 })',
    'imported`a`',
    'Object.assign({}, { a: 1 })',
    'new Map([[1, now]])',
    'delete imported.a',
  ]),
)

ways('copy', [
  'let x = 1',
  'let x',
  'var x = 1',
  'const { x } = { x: 1 }',
  'const { a: [x = N] } = { a: [] }',
  'function x() {}',
  'class x {}',
  'enum x { A }',
  'import x from "./x.ts"',
  'const x = [1]; x.map(n => n); x.length; x[0]; for (const y of x) console.log(x, JSON.stringify(x))',
  'const x = new Map([[1, 2]]); x.get(1)',
  'const x = { a: 1 }; thread.spawn(() => [x, { x }])',
  'export const x = { a: 1 }',
  'const x = [1] as const; fn(x)',
  'const x = { f() {} }; fn(x)',
  'const x = { n: 1, get m() { return this.n } }',
  'const x = { K: class { a: number; constructor() { this.a = 1 } } }',
  'const x = { set() {} }; x.set()',
  'const x = Object.freeze([1]); fn(x)',
  'const x = 1; fn(x)',
  'const x = "a"; const y = x',
])

ways('value', [
  'const { x } = imported()',
  'const [x] = [now]',
  'const { x = now } = {}',
  'using x = imported()',
  'const x = [1]; fn(x)',
  'const x = new Map([[1, 2]]); const y = x',
  'const x = [1]; function f() { return x }',
  'const x = [1]; const o = { x }',
  'export const x = []',
  'export const x = new Map()',
  'const x: any[] = []; x.push(1)',
  'const x: any = {}; x.a = 1',
  'const x: any = {}; x.a.b++',
  'const x: any = { a: 1 }; delete x.a',
  'const x = {}; Object.assign(x, { a: 1 })',
  'const x = new Set(); for (const a of [1]) x.add(a)',
  'const x = new Float64Array(3); x[0] = 1',
  'const x = { list: [] as any[] }; x.list.push(1)',
  'const x: any = {}; [x.a] = [1]',
  'const x: any = {}; for (x.a of [1]);',
  'const x: any[] = []; [1].forEach(n => x.push(n))',
  'const x = [2, 1]; thread.spawn(move(() => { x.sort() }))',
])

ways('moving', [
  'let x = 1; x = 2',
  'let x = 1; function f() { x++ }',
  'let x = 1; [x] = [2]',
  'let x = 1; for (x of []);',
  'var x = 1; var x = 2',
  'export let x = 1; ({ x } = { x: 2 })',
  'function x() {}; x = 1',
  'const x: any[] = []; function f() { x.push(1) }',
  'const x = new Map(); const f = () => x.set(1, 2)',
  'const x: any = {}; class A { m() { x.a = 1 } }',
  'class x { static n = 0; constructor() { x.n++ } }',
  'function x() {}; x.cache = 1',
  'const x = [1]; thread.spawn(move(() => { x.push(1) })); console.log(x)',
  'const x = [1]; while (1) thread.spawn(move(() => { x.push(1) }))',
  'const x = [1]; parIter([1]).forEach(() => { x.push(1) })',
])

/** Returns true if the variable `x` of the program is a static for its first closure. */
function isStatic(program: string): boolean {
  const parsed = parse('file:///a.ts', HEAD + program)
  assert.ok(parsed, program)
  const scopes = analyse(parsed.program)
  const { sites } = findSites(scopes)
  return new Purity(scopes, sites, parsed.text).isStatic(scopes.module.bindings.get('x')!, sites[0])
}

for (const [expected, programs] of Object.entries({
  static: [
    'const x = imported(); thread.spawn(move(() => x.a)); thread.spawn(move(() => x.b))',
    'const x = imported(); thread.spawn(move(() => x.a)); console.log(x)',
    'const x = imported(); for (const a of [1, 2]) thread.spawn(move(() => x.a))',
    'const x = imported(); function f() { thread.spawn(move(() => x.a)) }',
    'const x = imported(); x.push(1); thread.spawn(move(() => x.a)); console.log(x)',
    'const x = imported(); const g = () => x.a; thread.spawn(move(() => g() + x.b))',
  ],
  'no static': [
    'const x = imported(); console.log(x); thread.spawn(move(() => x.sort()))',
    'const x = imported(); thread.spawn(move(() => x.push(1))); console.log(x)',
    'const x = imported(); thread.spawn(move(() => x.a)); x.set(1, 2)',
    'const x = new Mutex(0); thread.spawn(move(() => x.a)); console.log(x)',
    'let x = imported(); thread.spawn(move(() => x.a)); console.log(x)',
    'const x = [1]; thread.spawn(move(() => x.length)); console.log(x)',
  ],
})) {
  for (const program of programs) {
    test(`${expected}: ${program}`, { timeout: 5_000 }, () => {
      assert.equal(isStatic(program), expected === 'static')
    })
  }
}
