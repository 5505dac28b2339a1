import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInThisContext } from 'node:vm'
import { eraseTypes } from '../transform.ts'

const options = { timeout: 10_000 }

/** Runs the TypeScript as JavaScript and returns its result. */
function evaluate(source: string): unknown {
  const code = eraseTypes('file:///a.ts', source)
  assert.equal(code.split('\n').length, source.split('\n').length, code)
  return runInThisContext(
    `(() => {${code.replace(/^export default (.*)$/m, 'return $1').replace(/\bexport /g, '')}})()`,
  )
}

test('enums become objects', options, () => {
  assert.deepEqual(
    evaluate(`
export enum E {
  A, B = 5, C, // a comment, with a comma
  D = 'd', E = \`e\`, F = A + 1, 'g-h' = 9, default,
  Self = E.B | C, Len = 'abc'.length, S = 'x' + 1,
}
export default [E.A, E.B, E.C, E.D, E.E, E.F, E['g-h'], E.default, E.Self, E.Len, E[5], E[0], E[9], E[3], (E as any).d, E.S, (E as any).x1]`),
    [0, 5, 6, 'd', 'e', 1, 9, 10, 7, 3, 'B', 'A', 'g-h', 'Len', undefined, 'x1', undefined],
  )
})

test('merged, constant, empty and local enums become objects', options, () => {
  assert.deepEqual(
    evaluate(`
enum A { X = 1 }
enum A { Y = 2 }
export const enum B { Z }
enum Empty {}
declare enum D { Q }
function f() { enum L { M = 3 } return L.M }
export default [A, B.Z, Empty, f()]`),
    [{ X: 1, Y: 2, 1: 'X', 2: 'Y' }, 0, {}, 3],
  )
  assert.equal(eraseTypes('file:///a.ts', 'export enum A { X }\nexport enum A { Y = 1 }').match(/export/g)!.length, 1)
})

test('parameter properties become assignments', options, () => {
  assert.deepEqual(
    evaluate(`
class A { z = 1; constructor(private a: number, readonly b = 2, c = 3, protected readonly d?: string) { this.z += this.a + c } }
class B extends A { constructor(public e: number) { 'use strict'; super(e); this.e++ } }
class C extends A { constructor(public f: number) { super(f) } }
export default [{ ...new A(1) }, { ...new B(1) }, { ...new C(1) }]`),
    [
      { z: 5, a: 1, b: 2, d: undefined },
      { z: 5, a: 1, b: 2, d: undefined, e: 2 },
      { z: 5, a: 1, b: 2, d: undefined, f: 1 },
    ],
  )
})

test('namespaces become functions', options, () => {
  assert.deepEqual(
    evaluate(`
namespace N {
  export const a = 1, b = a + 1
  export let n = 0
  export function next() { return ++n }
  export class K { v = b }
  export interface I {}
  export namespace M { export const deep = next() }
  export enum E { X = 4 }
  const hidden = 1
}
namespace N { export const c = N.a + 10 }
namespace Types { export type T = 1 }
N.next()
export default [N.a, N.b, N.n, new N.K().v, N.M.deep, N.c, N.E.X, (N as any).hidden, Object.keys(N)]`),
    [1, 2, 2, 2, 1, 11, 4, undefined, ['a', 'b', 'n', 'next', 'K', 'M', 'E', 'c']],
  )
})
