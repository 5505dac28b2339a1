/** The rewrites of a file for the model checker, and the forms that the build refuses. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withDeathPoints } from './death-points.ts'
import { transformLayer } from './transform.ts'

const limit = { timeout: 10_000 }
const transformed = (source: string, file = 'wait/thing.ts'): string =>
  transformLayer(file, source, 'realm', 'state').code.replaceAll(/\s+/g, ' ').trim()

test('elements of views become cells of the simulated world', limit, () => {
  const head = `import { i32 } from '../memory/heap.ts'; `
  assert.equal(
    transformed(`${head}i32[a >> 2] = i32[i32[b] + 1] || 2`),
    `import { $i32 } from "realm";${head}$i32.put(a >> 2, $i32.at($i32.at(b) + 1) || 2)`,
  )
  assert.equal(transformed(`${head}i32[a] |= 1`), `import { $i32 } from "realm";${head}$i32.or(a, 1)`)
  assert.equal(transformed(`${head}i32.fill(0, 1, 2)`), `${head}i32.fill(0, 1, 2)`)
  assert.throws(() => transformed(`${head}i32[a]++`), /wait\/thing\.ts:1: the model's build met an unknown form/)
  assert.throws(() => transformed(`${head}i32[a] += 1`), /\+= on an element of a view/)
})

test('a local name that shadows a view is not rewritten', limit, () => {
  const source = `import { i32 } from '../memory/heap.ts'; const f = (i32: number[]) => i32[0]`
  assert.equal(transformed(source), source)
})

test('globals of the runtime become those of the realm', limit, () => {
  assert.equal(transformed(`Atomics.load(x, 0)`), `import { Atomics } from "realm";Atomics.load(x, 0)`)
  assert.equal(transformed(`Math.max(1, 2)`), `Math.max(1, 2)`)
  assert.equal(transformed(`Math.random()`), `import { Math } from "realm";Math.random()`)
})

test('module state can be saved, restored and evaluated again', limit, () => {
  assert.equal(
    transformed(`let a = 1; export const b = new Map<string, number>(); const c = 'constant'; const d = a + 1`),
    `import { defineModuleVariables } from "state";let a; export let b; const c = 'constant'; let d ` +
      `defineModuleVariables({ fresh() { a = 1; b = new Map<string, number>(); d = a + 1; }, ` +
      `save: () => [a, b, d], restore(values) { [a, b, d] = values as never } })`,
  )
})

test('statements that initialise state move with it', limit, () => {
  const code = transformed(`let a = {}; a.x = 1; register(() => a)`)
  assert.match(code, /^import .*let a; register\(\(\) => a\) defineModuleVariables\(\{ fresh\(\) \{ a = \{\}; a\.x = 1/)
})

test('a value of an unknown form fails the build', limit, () => {
  assert.throws(() => transformed(`const a = make()`), /the value of a\. List it in scripts\/model\/module-state\.ts/)
  assert.throws(() => transformed(`const { a } = make()`), /a pattern over a value that may change/)
  assert.throws(
    () => transformed(`import { self } from '../core/index.ts'\nconst a = self + 1`),
    /self of another module/,
  )
  assert.throws(
    () => transformed('', 'wait/park.ts'),
    /wait\/park\.ts: module-state\.ts lists \w+, which is not in the file/,
  )
})

test('death points are inserted at loop heads and at entries of functions that the binary calls', limit, () => {
  const points = (source: string): string => withDeathPoints('core/wait-queue.ts', source, 'death')
  assert.equal(
    points('for (;;) { a() }\nwhile (b) c()'),
    'import { deathPoint } from "death";for (;;) { deathPoint(); a() }\nwhile (b) { deathPoint(); c() }',
  )
  assert.match(points('function wakeOne() { a() }'), /function wakeOne\(\) \{ deathPoint\(\); a\(\) \}/)
  assert.equal(points('function link() { a() }'), 'function link() { a() }')
})
