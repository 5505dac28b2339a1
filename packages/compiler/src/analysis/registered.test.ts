import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { transform } from '../index.ts'

const options = { timeout: 20_000 }
const POINT = `import { sendable } from 'fearless'
export class Point {}
sendable(Point)
`

function textsOf(source: string, url = 'file:///app/main.ts'): Record<string, string> {
  const result = transform(url, `import { move, sendable, thread } from 'fearless'\n${source}`)
  assert.ok(result)
  return Object.fromEntries([...result.texts].map(([at, text]) => [at.slice(at.indexOf('?')), text.trim()]))
}

/** Returns the modules that a closure beside these files imports for their side effects. */
function importedBeside(files: Record<string, string>, imports: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'fearless-registered-'))
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    const url = pathToFileURL(join(folder, 'main.ts')).href
    return [...textsOf(`${imports}\nthread.spawn(() => 1)`, url)['?fl=0'].matchAll(/^import "(.*)"$/gm)].map(m => m[1])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('registrations are in the module that all closures of a file share', options, () => {
  const { '?fl=0': closure, '?fl=lib': library } = textsOf(`
class Point { x = 1 }
const write = (p: Point) => p.x
sendable(Point, { write, read: () => new Point() })
thread.spawn(() => 1)`)
  assert.match(closure, /^import "file:\/\/\/app\/main\.ts\?fl=lib"$/m)
  assert.match(
    library,
    /^class Point \{ x = 1 \}\nconst write = .*;\nsendable\(Point, \{ write, read: \(\) => new Point\(\) \}, "Point"\);$/m,
  )
  assert.match(library, /^import \{ sendable \} from 'fearless'$/m)
})

test('each registration contains the name of its class, in case a bundler renames it', options, () => {
  const code = transform(
    'file:///app/point.js',
    `${POINT}sendable(Tag, { read, write },)\nsendable(A, b, c)\nsendable(...d)`,
    { entries: new Set(['file:///app/point.js']) },
  )!.code
  assert.deepEqual(code.match(/^sendable.*$/gm), [
    'sendable(Point, undefined, "Point")',
    'sendable(Tag, { read, write }, "Tag",)',
    'sendable(A, b, c)',
    'sendable(...d)',
  ])
})

for (const [why, source] of Object.entries({
  'reads a value that is sent at the spawn': `const seed = Date.now()\nclass Point { x = seed }\nsendable(Point)`,
  'reads a reassigned variable': `let count = 0\ncount++\nclass Point { x = count }\nsendable(Point)`,
  'runs code when it is declared': `class Point { static { console.log(1) } }\nsendable(Point)`,
  'needs a page': `class Point { x = document.title }\nsendable(Point)`,
  'is registered with a function other than ours': `class Point {}\nfunction f(sendable: (c: object) => void) { sendable(Point) }`,
})) {
  test(`a class that ${why} is registered in no thread, and the closure is still extracted`, options, () => {
    const texts = textsOf(`${source}\nthread.spawn(() => 1)`)
    assert.deepEqual(Object.keys(texts), ['?fl=0'])
    assert.doesNotMatch(texts['?fl=0'], /import/)
  })
}

test("a closure imports the modules of its file's imports that register classes", options, () => {
  const files = { 'point.ts': POINT, 'plain.ts': `export const a = 1` }
  for (const [imports, expected] of [
    [`import { Point } from './point.ts'`, ['./point.ts']],
    [`import type { Point } from './point.ts'`, ['./point.ts']],
    [`import './point.js'`, ['./point.js']],
    [`import './point'`, ['./point']],
    [`import { a } from './plain.ts'`, []],
    [`import { a } from './none.ts'`, []],
    [`import { a } from 'point.ts'`, []],
  ] as const) {
    assert.deepEqual(importedBeside(files, imports), expected, imports)
  }
})

test('a module with other side effects is not imported', options, () => {
  for (const more of [
    'console.log(1)',
    'export const db = open()',
    'export default open()',
    'class B { static { f() } }',
  ]) {
    assert.deepEqual(importedBeside({ 'point.ts': POINT + more }, `import './point.ts'`), [], more)
  }
  for (const more of [
    'export const a = [1]',
    'export default class {}',
    'export interface I {}',
    'enum E { A }',
    'export * from "./b.ts"',
  ]) {
    assert.deepEqual(importedBeside({ 'point.ts': POINT + more }, `import './point.ts'`), ['./point.ts'], more)
  }
})

test("the program's entry is not imported", options, () => {
  const folder = mkdtempSync(join(tmpdir(), 'fearless-registered-'))
  try {
    writeFileSync(join(folder, 'app.ts'), POINT)
    const result = transform(
      pathToFileURL(join(folder, 'jobs.ts')).href,
      `import { thread } from 'fearless'\nimport type { Point } from './app.ts'\nthread.spawn(() => 1)`,
      { entries: new Set([pathToFileURL(join(folder, 'app.ts')).href]) },
    )
    assert.doesNotMatch([...result!.texts.values()].join(''), /app/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
