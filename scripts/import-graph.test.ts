/** Tests that the import graph has every form of import, and that each circle is found. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importCircles, importGraph } from './import-graph.ts'

const circlesOf = (texts: Readonly<Record<string, string>>): string[] =>
  importCircles(importGraph(new Map(Object.entries(texts))))

test('files that import each other are a circle', () => {
  assert.deepEqual(circlesOf({ 'a.ts': "import { b } from './b.ts'\n", 'b.ts': "import { a } from './a.ts'\n" }), [
    'a.ts:1 -> b.ts:1 -> a.ts',
  ])
})

test('a circle through a type, a re-export and a folder names the line of each import', () => {
  const circles = circlesOf({
    'x/a.ts': "/** A. */\nimport type {\n  B,\n} from '../b.ts'\n",
    'b.ts': "import './x/c.ts'\n",
    'x/c.ts': "\nexport * from './a.ts'\n",
  })
  assert.deepEqual(circles, ['x/a.ts:2 -> b.ts:1 -> x/c.ts:2 -> x/a.ts'])
})

test('an import expression and an import type count', () => {
  assert.deepEqual(
    circlesOf({ 'a.ts': "await import('./b.ts')\n", 'b.ts': "export type A = typeof import('./a.ts')\n" }),
    ['a.ts:1 -> b.ts:1 -> a.ts'],
  )
})

test('a file that imports itself is a circle', () => {
  assert.deepEqual(circlesOf({ 'a.ts': "import { a } from './a.ts'\n" }), ['a.ts:1 -> a.ts'])
})

test('two ways to one file are no circle', () => {
  assert.deepEqual(
    circlesOf({
      'a.ts': "import './b.ts'\nimport './c.ts'\n",
      'b.ts': "import './d.ts'\n",
      'c.ts': "import './d.ts'\n",
      'd.ts': '',
    }),
    [],
  )
})

test('a circle beside a file without one is found from any first file', () => {
  const circles = circlesOf({
    'a.ts': "import './b.ts'\n",
    'b.ts': "import './c.ts'\n",
    'c.ts': "import './d.ts'\nimport './b.ts'\n",
    'd.ts': '',
  })
  assert.deepEqual(circles, ['b.ts:1 -> c.ts:2 -> b.ts'])
})
