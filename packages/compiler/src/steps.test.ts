import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ModelFailure, model, type Simulation } from 'fearless/model'
import { StepsError, toSteps } from './steps.ts'

const MODEL = import.meta.resolve('fearless/model')
const CLASSICS = new URL('../../fearless/src/model/classics.fixture.ts', import.meta.url)

interface Classic {
  readonly name: string
  readonly program: (simulation: Simulation) => void
}

async function load(url: string, source: string): Promise<Record<string, unknown>> {
  const code = toSteps(url, source, { model: MODEL })
  return (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as Record<string, unknown>
}

test('the classics end as they do untransformed, in as many interleavings', async () => {
  const plain = (await import(CLASSICS.href)) as { classics: readonly Classic[] }
  const { classics } = (await load(CLASSICS.href, readFileSync(CLASSICS, 'utf8'))) as typeof plain
  assert.ok(classics.length > 30)
  for (const [i, { name, program }] of classics.entries()) {
    assert.equal(Object.prototype.toString.call(program), '[object GeneratorFunction]', name)
    assert.deepEqual({ name, ...verdict(program) }, { name, ...verdict(plain.classics[i].program) })
  }
})

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

test('a step, a call and a thread', () => {
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
    'function* p() { void 0, ($.join(($.spawn(function* ()   { return (($.pause() || (yield), $.x())) }) || (yield), $.x())) || (yield), $.x()) }',
  )
})

test('what makes no step stays as it is', () => {
  const source = 'function f(x) { return x + 1 }\nconst g = x => f(x)\nfunction h() { return [1].map(x => f(x)) }'
  assert.equal(body(source), source)
})

test('functions of one name are told apart by where they are declared', () => {
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
