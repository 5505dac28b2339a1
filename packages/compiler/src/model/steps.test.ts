import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { ModelFailure, model, type Simulation } from 'fearless/model'
import { StepsError, toSteps } from './steps.ts'

const MODEL = import.meta.resolve('fearless/model')
const CLASSICS = new URL('../../../fearless/src/model/classics.fixture.ts', import.meta.url)

const folder = mkdtempSync(join(tmpdir(), 'fearless-steps-'))
after(() => rmSync(folder, { recursive: true }))

interface Classic {
  readonly name: string
  readonly program: (simulation: Simulation) => void
}

async function load(url: string, source: string): Promise<Record<string, unknown>> {
  const code = toSteps(url, source, { model: MODEL })
  return (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as Record<string, unknown>
}

test('the classics have the same verdicts transformed, in as many interleavings', async () => {
  const plain = (await import(CLASSICS.href)) as { classics: readonly Classic[] }
  const { classics } = (await load(CLASSICS.href, readFileSync(CLASSICS, 'utf8'))) as typeof plain
  assert.ok(classics.length > 30)
  for (const [i, { name, program }] of classics.entries()) {
    assert.equal(Object.prototype.toString.call(program), '[object GeneratorFunction]', name)
    assert.deepEqual({ name, ...verdict(program) }, { name, ...verdict(plain.classics[i].program) })
  }
})

function failureOf(program: Classic['program']): ModelFailure {
  try {
    model(program)
  } catch (error) {
    if (error instanceof ModelFailure) return error
    throw error
  }
  return assert.fail('nothing failed')
}

function verdict(program: Classic['program']): object {
  try {
    const { executions, redundant, complete } = model(program)
    return { executions, redundant, complete }
  } catch (error) {
    if (!(error instanceof ModelFailure)) throw error
    return { code: error.code, executions: error.executions, what: error.trace.map(step => step.what) }
  }
}

const options = { model: 'fearless/model' }
const body = (source: string): string => toSteps('file.ts', source, options).split('\nimport')[0]

test('steps, calls and threads become yields', () => {
  assert.equal(
    body('const f = (n: Int32Array) => Atomics.load(n, 0)'),
    `const f = function* (n            )   { return (($.load(n, 0) || (yield), $.x())) }`,
  )
  assert.equal(
    body('function g() { Atomics.store(n, 0, Atomics.load(n, 1)) }\nfunction h() { g() }'),
    'function* g() { void 0, ($.store(n, 0, ($.load(n, 1) || (yield), $.x())) || (yield), $.x()) }\n' +
      'function* h() { void 0, ($.call(g()) || (yield), $.x()) }',
  )
  assert.equal(
    body('function p() { thread.spawn(() => Atomics.pause()).join() }'),
    'function* p() { void 0, ($.join(($.spawn(() => ($f0 ??= function* ()   { return (($.pause() || (yield), $.x())) })()) || (yield), $.x())) || (yield), $.x()) }',
  )
})

test('a function with constant captures takes them as parameters and is created once', () => {
  assert.equal(
    body('function p(n) { const add = x => Atomics.add(n, 0, x); add(1); thread.spawn(add) }'),
    'function* p(n) { const add = function* (n, x ) { return (($.add(n, 0, x) || (yield), $.x())) }; ' +
      'void 0, ($.call(($f0 ??= add)(n, 1)) || (yield), $.x()); ' +
      'void 0, ($.spawn(() => ($f0 ??= add)(n)) || (yield), $.x()) }',
  )
  assert.equal(
    body('function p(n) {\n  function f() { g() }\n  function g() { Atomics.store(n, 0, 1) }\n  f()\n}'),
    'function* p(n) {\n  function* f(n) { void 0, ($.call(($f0 ??= g)(n)) || (yield), $.x()) }\n' +
      '  function* g(n) { void 0, ($.store(n, 0, 1) || (yield), $.x()) }\n' +
      '  void 0, ($.call(($f1 ??= f)(n)) || (yield), $.x())\n}',
  )
})

test('a thread that only calls a function runs that function directly', () => {
  assert.equal(
    body('function f(x) { Atomics.pause() }\nfunction p() { for (const i of [1, 2]) thread.spawn(() => f(i)) }'),
    'function* f(x) { void 0, ($.pause() || (yield), $.x()) }\n' +
      'function* p() { for (const i of [1, 2]) void 0, ($.spawn(() => f(i)) || (yield), $.x()) }',
  )
})

for (const [what, source] of [
  ['a variable that is assigned to', 'function p(n) { let i = 0; const f = () => Atomics.load(n, i); i = 1; f() }'],
  ['a variable that is declared later', 'function p(n) { const f = () => Atomics.load(n, i); const i = 0; f() }'],
  ['a variable that another one shadows', 'function p(n) { const f = () => Atomics.load(n, 0); { const n = 1; f() } }'],
  ['its arguments', 'function p(n) { function f() { Atomics.load(n, arguments[0]) } f(0) }'],
] as const) {
  test(`a function that uses ${what} is created each time`, () => assert.doesNotMatch(body(source), /\$f0/))
}

const CLOSURES = `
export const programs = {
  eachItsOwn({ Atomics, Int32Array, thread }) {
    const seen = new Int32Array(3)
    const all = []
    for (const i of [0, 1, 2]) all.push(thread.spawn(() => { Atomics.store(seen, i, i + 1); return i }))
    let sum = 0
    for (const t of all) sum += t.join()
    if (sum !== 3 || Atomics.load(seen, 2) !== 3) throw new Error('a thread has what is not its own')
  },
  recursion({ Atomics, Int32Array, thread }) {
    const n = new Int32Array(1)
    function down(left) { if (left === 0) return 0; Atomics.add(n, 0, 1); return 1 + down(left - 1) }
    const a = thread.spawn(() => down(2))
    const b = thread.spawn(() => down(1))
    if (a.join() + b.join() !== Atomics.load(n, 0)) throw new Error('a call is lost')
  },
  changing({ Atomics, Int32Array, thread }) {
    const n = new Int32Array(1)
    let turn = 0
    function look() { turn++; return Atomics.add(n, 0, turn) }
    look()
    const a = thread.spawn(() => Atomics.load(n, 0))
    look()
    const got = a.join()
    if (turn !== 2 || (got !== 1 && got !== 3)) throw new Error('a variable is not what it was')
  },
  factories({ Atomics, Int32Array, thread }) {
    const n = new Int32Array(2)
    function adder(at) {
      const add = () => Atomics.add(n, at, at + 1)
      const t = thread.spawn(add)
      add()
      t.join()
    }
    adder(0)
    adder(1)
    if (Atomics.load(n, 0) !== 2 || Atomics.load(n, 1) !== 4) throw new Error('a function has what is not its own')
  },
  still({ Atomics, Int32Array, thread }) {
    const n = new Int32Array(1)
    const five = () => 5
    const a = thread.spawn(five)
    const b = thread.spawn(() => 6)
    Atomics.add(n, 0, 1)
    if (a.join() + b.join() !== 11) throw new Error('what it returned is lost')
  },
}
`

test('closures see the same values transformed', async () => {
  const plain = (await import(`data:text/javascript,${encodeURIComponent(CLOSURES)}`)) as {
    programs: Record<string, Classic['program']>
  }
  const { programs } = (await load('file.js', CLOSURES)) as typeof plain
  for (const [name, program] of Object.entries(programs)) {
    assert.deepEqual({ name, ...verdict(program) }, { name, ...verdict(plain.programs[name]) })
    assert.ok('complete' in verdict(program), name)
  }
})

test('the trace shows the lines of the file', async () => {
  const file = join(folder, 'lines.mjs')
  const source = `export function program({ Atomics, Int32Array, thread }) {
  const n = new Int32Array(1)
  function add() {
    const old = Atomics.load(n, 0)
    Atomics.store(n, 0, old + 1)
  }
  const a = thread.spawn(add)
  const b = thread.spawn(() => {
    add()
  })
  a.join()
  b.join()
  if (Atomics.load(n, 0) !== 2) throw new Error('an update is lost')
}
`
  writeFileSync(file, toSteps(file, source, { model: MODEL }))
  const { program } = (await import(pathToFileURL(file).href)) as { program: Classic['program'] }
  const { trace } = failureOf(program)
  const lines = trace.filter(step => step.source !== undefined).map(step => `${step.what} ${step.source!.line}`)
  assert.deepEqual(lines, [
    'spawn → thread 1 7',
    'spawn → thread 2 8',
    'load i32[+0] → 0 4',
    'load i32[+0] → 0 4',
    'store i32[+0] = 1 5',
    'store i32[+0] = 1 5',
    'join thread 1 11',
    'join thread 2 12',
    'load i32[+0] → 1 13',
  ])
})

test('a function that makes no step is unchanged', () => {
  const source = 'function f(x) { return x + 1 }\nconst g = x => f(x)\nfunction h() { return [1].map(x => f(x)) }'
  assert.equal(body(source), source)
})

test('functions of the same name are distinguished by their scopes', () => {
  const source =
    'function a() { const f = () => 1; return f() }\nfunction b() { const f = () => Atomics.pause(); return f() }'
  assert.match(body(source), /function a\(\) \{ const f = \(\) => 1; return f\(\) \}\nfunction\* b/)
})

for (const [what, source, words] of [
  ['a callback', 'function f() { [1].forEach(() => Atomics.pause()) }', /callback makes a step/],
  [
    'a function as a value',
    'function f() { Atomics.pause() }\nconst g = [f]',
    /`f` makes a step and is used as a value/,
  ],
  ['an async function', 'async function f() { Atomics.pause() }', /async function makes a step/],
  ['a generator', 'function* f() { Atomics.pause() }', /generator makes a step/],
] as const) {
  test(`${what} that makes a step is refused`, () => {
    assert.throws(
      () => body(source),
      (error: unknown) => error instanceof StepsError && words.test(error.message),
    )
  })
}
