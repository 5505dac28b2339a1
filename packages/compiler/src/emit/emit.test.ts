import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run } from '../../test/fixtures/stand-in/program.ts'
import { transform } from '../index.ts'

const options = { timeout: 20_000 }
const URL_ = 'file:///app/main.ts'

function textsOf(source: string, url = URL_): { code: string; texts: Record<string, string> } {
  const result = transform(url, source, { entries: new Set([url]) })
  assert.ok(result)
  return { code: result.code, texts: Object.fromEntries(result.texts) }
}

test('the rewritten file and its closure module have the documented form', options, () => {
  const { code, texts } = textsOf(`import { thread, move } from 'fearless'
export function f(data: number[]) {
  return thread.spawn(move(() => data.length))
}`)
  assert.equal(
    code,
    `import { thread, move } from 'fearless'
export function f(data          ) {
  return thread.spawn(move(__fl$(() => data.length, "file:///app/main.ts?fl=0", () => [data], "data")))
}
import { __fl$ } from 'fearless/closure'
`,
  )
  assert.deepEqual(texts, {
    'file:///app/main.ts?fl=0': `export const $factory = ([data]) =>

                           () => data.length
`,
  })
})

test('every kept character keeps its line and column', options, () => {
  const source = `#!/usr/bin/env node
import { thread, move } from 'fearless'; import fs, { readFileSync as read, type Stats } from 'node:fs'
const a = 1, /* x */ b = [a, 2], c = Math.random(); export const g = (n: number) => n + b.length; const h = () => g(1) + c
export class Box { value = read }
for (const é of ['😀']) { const local = () => é; thread.spawn(move(() => { const z: string = local(); return [z, g(1), h(), new Box(), fs] })) }
`
  const { texts } = textsOf(source)
  const lines = source.split('\n')
  for (const [url, needles] of [
    ['?fl=0', ['const h = () => g(1) + c', '() => é', '() => { const z', 'return [z, g(1), h(), new Box(), fs] }']],
    ['?fl=lib', ['b = [a, 2]', 'a = 1', 'n + b.length', 'class Box { value = read }']],
  ] as const) {
    const text = texts[URL_ + url].split('\n')
    for (const needle of needles) {
      const line = lines.findIndex(each => each.includes(needle))
      assert.equal(text[line]?.indexOf(needle), lines[line].indexOf(needle), `${needle} in\n${text.join('\n')}`)
    }
    assert.doesNotMatch(text.join('\n'), /#!|import 'fearless'|for \(/)
  }
  assert.match(texts[`${URL_}?fl=0`], /^import fs from 'node:fs'$/m)
  assert.match(texts[`${URL_}?fl=lib`], /^import \{ readFileSync as read \} from 'node:fs'$/m)
  assert.match(texts[`${URL_}?fl=lib`], /^export \{ .*\bg\b.* \}$/m)
})

test('a closure on the first line keeps its column if the words before it fit', options, () => {
  const source = `import { thread, move as m } from 'fearless'; export const f = (a: 1) => thread.spawn(m(() => a))`
  const text = textsOf(source).texts[`${URL_}?fl=0`]
  assert.equal(text.indexOf('() => a'), source.indexOf('() => a'))
})

test('the handle of a spawn whose value is not used is dropped', options, () => {
  const { code } = textsOf(`import { thread } from 'fearless'
thread.builder({ name: 'a' }).spawn(() => 1)
void thread.spawn(() => 2)
const kept = thread.spawn(() => 3)
thread.scope(s => { s.spawn(() => 4) })`)
  const dropped = code.split('\n').map(line => line.includes('[Symbol.dispose]()'))
  assert.deepEqual(dropped.slice(0, 5), [false, true, true, false, false])
})

test('CRLF line ends are kept', options, () => {
  const source = `import { thread } from 'fearless'\r\n\r\nthread.spawn(() => {\r\n  return 1\r\n})\r\n`
  const { code, texts } = textsOf(source)
  assert.ok(code.startsWith(`import { thread } from 'fearless'\r\n\r\nthread.spawn(__fl$(() => {\r\n`))
  assert.equal(texts[`${URL_}?fl=0`], `export const $factory = () =>\n\n             () => {\r\n  return 1\r\n}\n`)
})

test('the module of a closure contains only code that the closure needs', options, () => {
  const { texts } = textsOf(`import { thread, move } from 'fearless'
import './effect.ts'
import { zod } from 'zod'
const secret = process.env.SECRET, key = 'abc'
thread.spawn(move(() => secret))
thread.spawn(() => key)
zod(secret)`)
  assert.doesNotMatch(Object.values(texts).join(), /zod|effect|process/)
  assert.doesNotMatch(texts[`${URL_}?fl=1`], /secret/)
  assert.equal(texts[`${URL_}?fl=lib`], `\n\n\nconst                              key = 'abc';\nexport { key }\n`)
})

test('import attributes, defaults and namespaces are copied', options, () => {
  const { texts } = textsOf(`import { thread } from 'fearless'
import data from './data.json' with { type: 'json' };
import d, * as all from './x.js'
import { 'a-b' as ab, default as e } from "./y.js"
thread.spawn(() => [data, d, all, ab, e])`)
  assert.match(
    texts[`${URL_}?fl=0`],
    /import data from '.\/data.json' with \{ type: 'json' \}\nimport d, \* as all from '.\/x.js'\nimport \{ 'a-b' as ab, default as e \} from ".\/y.js"\n/,
  )
})

test('a url with a query keeps the query', options, () => {
  const { texts } = textsOf(`import { thread } from 'fearless'\nthread.spawn(() => 1)`, `${URL_}?v=1`)
  assert.deepEqual(Object.keys(texts), [`${URL_}?fl=0&v=1`])
})

test('JSX is unchanged and its names count as references', options, () => {
  const { code, texts } = textsOf(
    `import { closure } from 'fearless'
import { Box, ui } from './ui.jsx'
const Row = ({ x }: { x: number }) => <Box a={x}>{x}</Box>
export const f = (n: number) => closure(() => <><Row x={n} /><ui.Cell /><div /></>)`,
    'file:///app/main.tsx',
  )
  assert.match(code, /closure\(__fl\$\(\(\) => <><Row x=\{n\} \/><ui.Cell \/><div \/><\/>, /)
  assert.match(texts['file:///app/main.tsx?fl=0'], /import \{ ui \} from '.\/ui.jsx'\nimport \{ Row \}/)
})

test('a file without thread closures is unchanged', options, () => {
  for (const source of [
    `const fearless = 1`,
    `// 'fearless'\nconst a = 1`,
    `import { sleep } from 'fearless'\nawait sleep(1)`,
    `import { thread } from './fearless'\nthread.spawn(() => 1)`,
    `import { thread } from 'fearless'\nthread.spawn(=>)`,
  ])
    assert.equal(transform(URL_, source, { entries: new Set([URL_]) }), undefined, source)
  assert.equal(transform('file:///a.json', `{ "a": "fearless" }`), undefined)
  assert.equal(transform('file:///a.css', `import 'fearless'`), undefined)
})

test('files with every supported extension are compiled', options, () => {
  for (const extension of ['ts', 'mts', 'cts', 'tsx', 'js', 'mjs', 'jsx']) {
    assert.ok(
      transform(`file:///a.${extension}`, `import { thread } from 'fearless'\nthread.spawn(() => 1)`),
      extension,
    )
  }
})

test('the rewritten file has a source map', options, () => {
  const map = transform(URL_, `import { thread } from 'fearless'\nthread.spawn(() => 1)`)!.map()
  assert.deepEqual(map.sources, [URL_])
  assert.match(map.mappings, /^[\w+/;,]+$/)
})

test('stacks in a thread show the original line and column', options, async () => {
  const source = `import { thread, move } from 'fearless'
import { Worker } from 'node:worker_threads'

const late = Date.now()
function thrower(what: string): never {
  throw new Error(what)
}
const viaValue = (what: string) => { if (late) thrower(what) }
export async function caught(n: number) {
  const local = () => { viaValue('three') }
  return Promise.all([
    () => thread.spawn(() => { throw new Error('one') }),
    () => thread.spawn(move((): number => { const x: number = n; thrower('two' + x); return x })),
    () => thread.spawn(move(() => local())),
    () => thread.spawn(move(async () => { using u = null; await thread.spawn(move(() => {
      throw new Error('four' + n)
    })).join() })),
  ].map(spawn => spawn().join().catch((error: Error) => error.stack)))
}
void Worker
`
  const { caught } = (await run(source)) as { caught(n: number): Promise<string[]> }
  const lines = source.split('\n')
  /** Returns the position of the nth occurrence of a text, in the format of stacks. */
  const place = (text: string, nth = 0): string => {
    const line = lines.findIndex(each => each.includes(text) && nth-- === 0)
    return `${line + 1}:${lines[line].indexOf(text) + 1}`
  }
  const frames = (await caught(1)).map(stack =>
    [...stack.matchAll(/app\.ts\?fl=(\w+):(\d+:\d+)/g)].map(([, which, at]) => `${which} ${at}`),
  )
  assert.deepEqual(frames, [
    [`0 ${place(`new Error('one')`)}`],
    [`lib ${place('new Error(what)')}`, `1 ${place(`thrower('two' + x)`)}`],
    [
      `lib ${place('new Error(what)')}`,
      `2 ${place('thrower(what) }')}`,
      `2 ${place(`viaValue('three')`)}`,
      `2 ${place('local())')}`,
    ],
    [`4 ${place(`new Error('four' + n)`)}`],
  ])
})
