import assert from 'node:assert/strict'
import { test } from 'node:test'
import { analyse } from './names.ts'
import { findSites } from './find.ts'
import { mentionsLibrary } from '../syntax/nesting.ts'
import { parse } from '../syntax/syntax.ts'

/** Returns the source texts of the arguments that cross: with `!` if moved, with `&` if they may borrow. */
function crossing(source: string): string[] {
  const parsed = parse('file:///a.ts', source)
  assert.ok(parsed, source)
  return findSites(analyse(parsed.program)).sites.map(
    ({ argument, moved, borrows }) =>
      (moved ? '!' : borrows ? '&' : '') + parsed.text.slice(argument.start, argument.end),
  )
}

function finds(name: string, source: string, expected: string[]): void {
  test(`finds ${name}`, { timeout: 5_000 }, () => {
    assert.deepEqual(crossing(source), expected)
  })
}

const ALL = `import { thread, move, par, parIter, closure, task } from 'fearless';`

finds(
  'thread.spawn and move',
  `${ALL} thread.spawn(() => 1); thread.spawn(move(() => 2)); const job = move(async () => 3)`,
  ['() => 1', '!() => 2', '!async () => 3'],
)
finds(
  'the function of a LazyLock',
  `import { LazyLock as Lazy } from 'fearless'; ${ALL} new Lazy<number>(() => 1); new Lazy(move(() => 2)); Lazy(() => 0); new thread.spawn(() => 0)`,
  ['() => 1', '!() => 2'],
)
finds(
  'brackets and types around it',
  `${ALL} thread.spawn((() => 1) as any); (thread as any).spawn!(<F>function () {}); thread?.spawn(() => 2); thread['spawn'](() => 3)`,
  ['(() => 1) as any', '<F>function () {}', '() => 2', '() => 3'],
)
finds(
  'builders',
  `${ALL} thread.builder({ name: 'a' }).spawn(() => 1); const b = thread.builder({}); b.spawn(() => 2); let c = thread.builder(); c.spawn(() => 0)`,
  ['() => 1', '() => 2'],
)
finds(
  'scoped builders and pools',
  `${ALL} thread.scope(s => { thread.builder({}).spawnScoped(s, () => 1) }); const p = thread.pool(); p.run(() => 2); p.builder({}).run(() => 3)`,
  ['&() => 1', '() => 2', '() => 3'],
)
finds(
  'scopes',
  `${ALL} await thread.scope(async s => { s.spawn(() => 1); s.spawn(t => { t.spawn(() => 0) }); other.spawn(() => 0) }); thread.scope(({ spawn }) => {}); (s => s.spawn(() => 0))(1)`,
  ['&() => 1', '&t => { t.spawn(() => 0) }'],
)
finds(
  'no scope in a second parameter or a wrapped function',
  `${ALL} thread.scope((a, s) => { s.spawn(() => 0) }); thread.scope((async s => { s.spawn(() => 1) }))`,
  ['&() => 1'],
)
finds(
  'chains',
  `${ALL} await parIter(x).map(a => a).filter(b => b).take(3).flatMap(c => c).enumerate().inspect(d => d).forEach(e => e)`,
  ['&a => a', '&b => b', '&c => c', '&d => d', '&e => e'],
)
finds(
  'chains by name',
  `${ALL} const i = parIter(x), j = i.map(a => a); j.reduce(() => 0, (a, b) => a + b); j.fold(0, (a, b) => a); i.min(); i.minBy(c => c); i.maxBy(d => d)`,
  ['&a => a', '&() => 0', '&(a, b) => a + b', '&(a, b) => a', '&c => c', '&d => d'],
)
finds(
  'no chain after its terminal operation',
  `${ALL} (await parIter(x).collect()).map(a => a); parIter(x).collect().wait().map(b => b); parIter(x).sum().then(c => c); const l = await parIter(x).collect(); l.map(d => d)`,
  [],
)
finds('join, closure', `${ALL} par.join(() => 1, () => 2); mine(closure(() => 3))`, [
  '&() => 1',
  '&() => 2',
  '&() => 3',
])
finds(
  'renamed imports',
  `import { thread as t, parIter as each } from 'fearless'; import * as fl from "fearless"; const { spawn, builder: make } = t, go = fl.thread.spawn, { parIter: again } = fl
t.spawn(() => 1); each([]).map(() => 2); fl.thread.spawn(() => 3); spawn(() => 4); make().spawn(() => 5); go(() => 6); again([]).map(() => 7)`,
  ['() => 1', '&() => 2', '() => 3', '() => 4', '() => 5', '() => 6', '&() => 7'],
)
finds(
  'functions by binding, not by spelling',
  `${ALL} function f(thread: any, parIter: any) { thread.spawn(() => 0); parIter([]).map(() => 0) } { const move = (x: any) => x; move(() => 0) } task.spawn(() => 0); rayon.parIter([]).map(() => 0)`,
  [],
)
finds(
  'nothing in other modules',
  `import { thread } from 'fearless-ish'; import { move } from './fearless'; import type { par } from 'fearless'; thread.spawn(() => 0); move(() => 0)`,
  [],
)
finds(
  'names',
  `${ALL} function a() {} const b = () => {}, d = closure(() => 1); import c from './c.ts'; thread.spawn(a); thread.spawn(move(b)); parIter([]).map(c); parIter([]).map(Number); thread.spawn(d); thread.spawn(undefined); (p => thread.spawn(p))(1)`,
  ['&() => 1', 'a', '!b', '&c', '&Number'],
)
finds('nested', `${ALL} thread.spawn(() => { thread.spawn(move(() => { parIter([]).map(x => x) })) })`, [
  '() => { thread.spawn(move(() => { parIter([]).map(x => x) })) }',
  '!() => { parIter([]).map(x => x) }',
  '&x => x',
])

test('mentionsLibrary finds every form of an import and no other text', () => {
  for (const source of [`import 'fearless'`, `from "fearless"`, `require('fearless')`, `'fearless/closure'`])
    assert.ok(mentionsLibrary(source), source)
  for (const source of ['', 'fearless', '// fearless', `'fearlessly'`, `'./fearless'`, `'@fearless/compiler'`])
    assert.ok(!mentionsLibrary(source), source)
})
