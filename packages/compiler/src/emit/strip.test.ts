import assert from 'node:assert/strict'
import { stripTypeScriptTypes } from 'node:module'
import { test } from 'node:test'
import { Script } from 'node:vm'
import { eraseTypes, extractClosures } from '../transform.ts'

const options = { timeout: 10_000 }
const erase = (source: string): string => eraseTypes('file:///a.ts', source)

/** Asserts that every remaining character is at its original position. */
function keepsPlaces(source: string, stripped: string): void {
  assert.equal(stripped.length, source.length)
  for (let i = 0; i < source.length; i++) {
    if (stripped[i] !== ' ' && stripped[i] !== ';') assert.equal(stripped[i], source[i], `at ${i} of ${stripped}`)
    if (/[\r\n]/.test(source[i])) assert.equal(stripped[i], source[i])
  }
}

const PIECES: Record<string, string> = {
  annotations: `const a: number = 1, { b }: { b?: string } = {}; let c!: number; function f(x?: number, ...y: string[]): asserts x is number {}`,
  generics: `function f<T extends object = {}>(x: T): T { return x }; const g = <T,>(x: T) => f<T>(x); new Map<string, Array<number>>(); f<string>\`\``,
  assertions: `const a = 1 as unknown as string satisfies string; (a!).length; a!.b![0]`,
  declarations: `interface A { x: number }\ntype B = A\ndeclare const c: B\ndeclare module 'x' { }\ndeclare global { var z: number }\nabstract class D {}`,
  overloads: `function f(a: string): void\nfunction f(a: number): void\nfunction f(a: any) {}\nexport function g(): void\nexport function g() {}`,
  imports: `import type A from 'a'\nimport { type B, c, type D } from 'b'\nimport e, { type F } from 'c'\nexport type { B } from 'b'\nexport { type G, c } from 'g'\nexport * from 'h'\nexport type * from 'i'`,
  classes: `abstract class A<T> extends B<T> implements C, D { private readonly x?: number = 1; declare y: string; static #z: T; abstract m(): void; n?(): void; o(): void; o(x?: any) {} [k: string]: any; protected static override async *p(this: A<T>, q = 1): any {} get(): number { return 1 } constructor(); constructor(a?: any) { super() } public get r(): number { return 1 } readonly [Symbol.iterator]!: any }`,
  this: `function f(this: Window, a: number) {}\nfunction g(this: void) {}\nclass A { m(this: this, /* , */ b = 1) {} }`,
  catch: `try {} catch (e: unknown) {} for (const x of [] as number[]) {} for (let i: number = 0; i < 1; i++) {}`,
  'nested functions': `const f = (a: (b: number) => void): (() => void) => { return (): void => { a(1 as any) } }`,
  'comments and strings': `const a: /* x */ number /* y */ = 1 // : z\nconst s = ': number'`,
  unicode: `const ünï: string = '😀', b: '😀' | 'x' = '😀'`,
  decorators: `@dec<number>() class A { @dec() private x: number = 1; m(@dec() a: string) {} }`,
}

for (const [name, source] of Object.entries(PIECES)) {
  test(`types in ${name} are erased`, options, () => {
    const stripped = erase(source)
    keepsPlaces(source, stripped)
    if (name !== 'decorators')
      assert.doesNotThrow(
        () => new Script(`async () => { ${stripped.replace(/^(import|export) .*$/gm, '')} }`),
        stripped,
      )
    assert.equal(stripped.replace(/[;\s]+/g, ''), stripTypeScriptTypes(source).replace(/[;\s]+/g, ''))
  })
}

const DANGERS: Record<string, [source: string, expected: string]> = {
  'an alias that ends a statement': [`f()\ntype A = 1\n(g)()`, `f()\n;         \n(g)()`],
  'an alias on the same line': [`f()\ntype A = 1;(g)()`, `f()\n;          (g)()`],
  'a type that ends a statement': [`const a = b as any\n[1].map(f)`, `const a = b;      \n[1].map(f)`],
  'a type that ends nothing': [`f(a as any\n, b)`, `f(a       \n, b)`],
  'a modifier before a computed name': [
    `class A { x = 1\n private ['y'] = 2 }`,
    `class A { x = 1\n ;       ['y'] = 2 }`,
  ],
  'a modifier after static': [`class A { static readonly [x] = 1 }`, `class A { static          [x] = 1 }`],
  'a field called get': [
    `class A { get: number\n set: number\n m() {} }`,
    `class A { get;       \n set;       \n m() {} }`,
  ],
  'a field whose type ends it': [`class A { a: number\n ['b'] = 1 }`, `class A { a;       \n ['b'] = 1 }`],
  'an assertion in brackets': [`const a = <any>b`, `const a =      b`],
  'a return type over lines': [`const f = (a): {\n  b: 1\n} => a`, `const f = (a    \n      \n) => a`],
  'carriage returns': [`type A = {\r\n  b: 1\r\n}\r\nf()`, `          \r\n      \r\n \r\nf()`],
}

for (const [name, [source, expected]] of Object.entries(DANGERS)) {
  test(`no statement changes its meaning after ${name}`, options, () => {
    assert.equal(erase(source), expected)
  })
}

test('JavaScript and files with syntax errors are unchanged', options, () => {
  assert.equal(eraseTypes('file:///a.js', 'const a = 1'), 'const a = 1')
  assert.equal(erase('const a: = 1'), 'const a: = 1')
})

test('a byte order mark does not count as a column', options, () => {
  assert.equal(erase('\ufeffconst a: number = 1'), 'const a         = 1')
})

test('a tsx file keeps its elements', options, () => {
  assert.equal(
    eraseTypes('file:///a.tsx', `const a: X = <Foo<string> b={c as D}>{d!}</Foo>`),
    `const a    = <Foo         b={c     }>{d }</Foo>`,
  )
})

test('a name that no expression uses is removed from its import, whose module is still evaluated', () => {
  const source = `import { thread } from 'fearless'
import { Shape, area, Side } from './shape.ts'
import { Unused } from './unused.ts'
import { Shared } from './shared.ts'
export { Shared }
const shape: Shape = { a: 1 }
thread.spawn(() => area(1))
`
  const { code } = extractClosures('file:///app.ts', source)!
  assert.match(code, /^import \{ +area, +\} from '.\/shape.ts'$/m)
  assert.match(code, /^import \{ +\} from '.\/unused.ts'$/m)
  assert.match(code, /^import \{ Shared \} from '.\/shared.ts'$/m)
})
