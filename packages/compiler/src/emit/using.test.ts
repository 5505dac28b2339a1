import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run } from '../../test/fixtures/stand-in/program.ts'
import { transform, transformFile } from '../index.ts'

const options = { timeout: 20_000 }

/** `thing(name)` logs its disposal, and whether it received a failure. */
const HEAD = `import { closure, thread } from 'fearless'
const log: string[] = []
const thing = (name: string) => ({
  name,
  [Symbol.dispose](failed?: boolean) { log.push(name + (failed ? '!' : '')) },
  async [Symbol.asyncDispose](failed?: boolean) { await 0; log.push('async ' + name + (failed ? '!' : '')) },
})
`

function logs(name: string, program: string, expected: string[]): void {
  test(name, options, async () => {
    const exports = await run(`${HEAD}${program}\nexport { log }`)
    assert.deepEqual(exports.log, expected)
  })
}

logs(
  'a block disposes in reverse order',
  `{ using a = thing('a'), b = thing('b'); log.push('body'); using c = thing('c') }`,
  ['body', 'c', 'b', 'a'],
)
logs(
  'a function with directives, a return and hoisted names disposes at its end',
  `
function f() { 'use strict'; using a = thing('a'); return late(a.name); function late(s: string) { return s + s } }
log.push(f())`,
  ['a', 'aa'],
)
logs(
  'a disposer receives the failure',
  `try { using a = thing('a'); throw new Error('no') } catch (e) { log.push((e as Error).message) }`,
  ['a!', 'no'],
)
logs(
  'an arrow, a method, an accessor and a static block dispose at their ends',
  `
const f = () => { using a = thing('arrow') }
class A { m() { using a = thing('method') } get g() { using a = thing('getter'); return 1 } static { using a = thing('static') } }
f(); new A().m(); void new A().g`,
  ['static', 'arrow', 'method', 'getter'],
)
logs('await using disposes asynchronously', `{ await using a = thing('a'); using b = thing('b'); log.push('body') }`, [
  'body',
  'async b',
  'async a',
])
logs(
  'a loop disposes its resource in every iteration',
  `
for (using x of [thing('a'), thing('b')]) log.push('in ' + x.name)
for (await using x of [thing('c')]) { log.push('in ' + x.name) }
for (using x = thing('d'); log.length < 7;) log.push('turn')
for (const n of ['e', 'f']) { using x = thing(n); if (n === 'e') continue; break }`,
  ['in a', 'a', 'in b', 'b', 'in c', 'async c', 'turn', 'd', 'e', 'f'],
)
logs(
  'nested blocks do not clash with names of the user',
  `
{ const $u = 1, $e = 2; using a = thing('a'); { using b = thing('b' + $u + $e) } log.push('after') }`,
  ['b12', 'after', 'a'],
)
logs(
  'a module disposes after its last statement',
  `using a = thing('a'); export const x = 1; export function f() { return x }; log.push('last')`,
  ['last', 'a'],
)
logs('a block that ends with a comment disposes', `{ using a = thing('a') // the end\n}`, ['a'])

test('lines stay in place', options, () => {
  const { code } = transform('file:///a.ts', `import 'fearless'\n{\n  using a = f()\n  g()\n}\nh()\n`, {
    entries: new Set(['file:///a.ts']),
  })!
  assert.equal(
    code,
    `import 'fearless'
{ let $u, $d; try {
  const a = __use$($u = f(), $d = $u?.[Symbol.dispose])
  g()
 } catch ($e) { throw __unwind$($u, $d, $e) } __end$($u, $d); }
h()

import { __use$, __end$, __unwind$ } from 'fearless/closure'
`,
  )
})

test('a block that may be left before its end has a `finally`', options, () => {
  const ends = (body: string): boolean =>
    transform(
      'file:///a.ts',
      `import 'fearless'\nfunction* f() { while (true) { using a = g(); ${body} } }`,
    )!.code.includes('finally { __end$($u, $d) }')
  for (const body of ['return', 'break', 'continue', 'if (a) { for (;;) return }', 'yield a', 'h(yield)']) {
    assert.ok(ends(body), body)
  }
  for (const body of ['h()', 'h(() => { return a })', 'throw a', 'class B { m() { return 1 } }']) {
    assert.ok(!ends(body), body)
  }
})

test('transformFile inserts the location of each using', options, () => {
  const { code } = transformFile('file:///a.ts', `import 'fearless'\n{\n  using a = f()\n  using b = g()\n}\n`)!
  assert.match(code, /\$u\.use\(f\(\), \$p0 \?\?= __place\$\("file:\/\/\/a\.ts:3:13"\)\)/)
  assert.match(code, /\$u\.use\(g\(\), \$p1 \?\?= __place\$\("file:\/\/\/a\.ts:4:13"\)\)/)
  assert.match(code, /import \{ __using\$, __place\$ \} from 'fearless\/closure'; var \$p0, \$p1\n/)
})
