import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as esbuild from 'esbuild'
import { rolldown } from 'rolldown'
import { rollup } from 'rollup'
import * as vite from 'vite'
import { complaint } from '../../../../lessons/expected.ts'
import { ScratchFolder } from '../../../../scripts/scratch.ts'
import forEsbuild from './esbuild.ts'
import forRollup from './rollup.ts'
import forVite from './vite.ts'

const options = { timeout: 120_000 }
const lessons = fileURLToPath(new URL('../../../../lessons', import.meta.url))
const lessonFiles = readdirSync(lessons).filter(file => /^\d-.*\.ts$/.test(file))

/** The program of the tests and its expected output: threads, locks, a channel, an enum, an import, a nested spawn. */
const PROGRAM = {
  'app.ts': `import { Arc, Mutex, move, mpsc, parIter, sendable, thread } from 'fearless'
import { weight } from './deep/weight.ts'
import type { Point } from './deep/point.ts'
import { State } from './deep/state.ts'
class Pair { constructor(public a: number, public b: number) {} sum() { return this.a + this.b } }
sendable(Pair, { write: p => [p.a, p.b], read: ([a, b]: [number, number]) => new Pair(a, b) })
enum Level { Low = 1, High = 5 }
const counter = new Arc(new Mutex(0))
const add = (n: number): number => n + weight(Level.High)
const handles = Array.from({ length: 3 }, () => thread.spawn(move(() => {
  using n = counter.lock().wait()
  n.value = add(n.value)
})))
for (const handle of handles) await handle.join()
{ using n = await counter.lock(); console.log('count', n.value) }
const [tx, rx] = mpsc.channel<bigint>()
thread.spawn(move(() => { for (let i = 0n; i < 3n; i++) tx.send(i) }))
const seen: bigint[] = []
for await (const each of rx) seen.push(each)
console.log('seen', seen)
console.log('squares', await parIter([1, 2, 3]).map(x => x * x).collect())
const nested = thread.spawn(() => thread.spawn(() => thread.current().id).join())
const pair = new Pair(3, 4)
console.log('classes', await thread.spawn(move(() => pair.sum())).join(), (await thread.spawn(() => new Pair(1, 2)).join()).sum())
const [points, incoming] = mpsc.channel<Point>()
points.send(new (await import('./deep/point.ts')).Point(5))
console.log('point', await thread.spawn(move(() => incoming.recv().wait().double())).join())
console.log('threads', new Set([thread.current().id, await nested.join()]).size)
await Promise.all([1, 2, 3].map(() => thread.spawn(() => State.add()).join()))
console.log('statics', State.hits.load(), State.made().load())
const failed = await thread.spawn(() => {
  throw new RangeError('too much')
}).join().then(() => new Error('none'), (error: Error) => error)
console.log(failed instanceof RangeError, /at .*app\\.\\w+.*:(\\d+):\\d+/.exec(failed.stack!) !== null)
`,
  'deep/point.ts': `import { sendable } from 'fearless'
export class Point { constructor(public x: number) {} double() { return this.x * 2 } }
sendable(Point, { write: p => p.x, read: (x: number) => new Point(x) })
`,
  'deep/make.ts': `import { AtomicI32 } from 'fearless'
export const make = (): AtomicI32 => new AtomicI32(0)
`,
  'deep/made.ts': `import { make } from './make.ts'
const one: number = 1
export const made = one > 0 ? make() : make()
`,
  'deep/state.ts': `import { AtomicI32 } from 'fearless'
import { made } from './made.ts'
export class State {
  static readonly hits = new AtomicI32(0)
  static made() { return made }
  static add(): void { State.hits.fetchAdd(1); made.fetchAdd(2) }
}
`,
  'deep/weight.ts': `import { move, parIter, thread } from 'fearless'
export const weight = (x: number): number => x * thread.spawn(x => Math.min(2, x), x).join().wait()
export const unused = () => parIter([1]).map(x => x).sum()
`,
}
const PRINTED = `count 30
seen [ 0n, 1n, 2n ]
squares [ 1, 4, 9 ]
classes 7 3
point 10
threads 2
statics 3 6
true true
`

/** A project with the library. */
class Folder extends ScratchFolder {
  run(file: string, ...args: string[]): { stdout: string; stderr: string } {
    const { stdout, stderr } = spawnSync(process.execPath, [...args, this.at(file)], {
      cwd: this.path,
      encoding: 'utf8',
      timeout: 60_000,
      env: { ...process.env, NODE_OPTIONS: '', FEARLESS_HEAP_MB: '64' },
    })
    return { stdout, stderr }
  }

  /** Runs a file without the library installed, so that only the bundle's contents are available. */
  runAlone(file: string, ...args: string[]): { stdout: string; stderr: string } {
    rmSync(this.at('node_modules'), { recursive: true })
    return this.run(file, ...args)
  }
}

const quiet = { logLevel: 'silent' } as const

async function byRolldown(input: string | string[], dir: string, more: { external?: string[]; minify?: boolean } = {}) {
  const { external = [], minify = false } = more
  const bundle = await rolldown({ input, platform: 'node', external, plugins: [forRollup()], ...quiet })
  try {
    await bundle.write({ dir, format: 'esm', sourcemap: true, minify })
  } finally {
    await bundle.close()
  }
}

const byEsbuild = (
  input: string | string[],
  outdir: string | undefined,
  more: esbuild.BuildOptions = {},
): Promise<esbuild.BuildResult> =>
  esbuild.build({
    entryPoints: [input].flat(),
    ...(outdir !== undefined && { outdir }),
    bundle: true,
    platform: 'node',
    format: 'esm',
    sourcemap: true,
    plugins: [forEsbuild()],
    ...quiet,
    ...more,
  })

const byVite = (root: string, more: vite.BuildOptions = {}): Promise<unknown> =>
  vite.build({
    root,
    configFile: false,
    ssr: { noExternal: true },
    plugins: [forVite()],
    ...quiet,
    build: { ssr: 'app.ts', outDir: 'out', target: 'esnext', ...more },
  })

for (const minify of [false, true]) {
  test(
    `rolldown, ${minify ? 'minified' : 'as it is'}: the bundle alone runs on Node with real threads`,
    options,
    async () => {
      using folder = new Folder(PROGRAM)
      await byRolldown(folder.at('app.ts'), folder.at('out'), { minify })
      assert.deepEqual(folder.runAlone('out/app.js'), { stdout: PRINTED, stderr: '' })
    },
  )

  test(
    `esbuild, ${minify ? 'minified' : 'as it is'}: the bundle alone runs on Node with real threads`,
    options,
    async () => {
      using folder = new Folder(PROGRAM)
      await byEsbuild(folder.at('app.ts'), folder.at('out'), { minify })
      assert.deepEqual(folder.runAlone('out/app.js'), { stdout: PRINTED, stderr: '' })
    },
  )

  test(
    `vite, ${minify ? 'minified' : 'as it is'}: the bundle alone runs on Node with real threads`,
    options,
    async () => {
      using folder = new Folder(PROGRAM)
      await byVite(folder.path, { minify })
      assert.deepEqual(folder.runAlone('out/app.js'), { stdout: PRINTED, stderr: '' })
    },
  )
}

/** All programs in one build: many entries that share closures and the library. */
for (const [bundler, build] of [
  ['rolldown', (inputs: string[], out: string) => byRolldown(inputs, out)],
  ['esbuild', (inputs: string[], out: string) => byEsbuild(inputs, out)],
] as const) {
  test(`${bundler}: the nine programs of the lesson run from one build`, options, async () => {
    using folder = new Folder({})
    await build(
      lessonFiles.map(file => join(lessons, file)),
      folder.at('out'),
    )
    for (const file of lessonFiles) {
      const { stdout, stderr } = folder.run(`out/${file.replace('.ts', '.js')}`)
      assert.equal(stderr, '', file)
      assert.equal(complaint(file, stdout), undefined)
    }
  })
}

/** Rollup removes no types: the compiler turns a file with closures into JavaScript. */
test('rollup: files with closures need no other plugin to remove their types', options, async () => {
  using folder = new Folder({
    'app.ts': `import { move, thread } from 'fearless'
import { half } from './half.js'
const data: number[] = [1, 2, 3]
console.log(await thread.spawn(move((): number => half(data.length))).join())
`,
    'half.js': 'export const half = x => x / 2\n',
  })
  const bundle = await rollup({ input: folder.at('app.ts'), external: [/^fearless/], plugins: [forRollup()] })
  await bundle.write({ dir: folder.at('out'), format: 'es' })
  await bundle.close()
  assert.deepEqual(folder.run('out/app.js'), { stdout: '1.5\n', stderr: '' })
})

test('code that only a thread runs and imports is not in main', options, async () => {
  using folder = new Folder({
    'app.ts': `import { move, thread, parIter } from 'fearless'
import { heavy } from './heavy.ts'
import { light } from './light.ts'
const n = 3
const twice = (n: number): number => n * 2
export const run = () => thread.spawn(move((): number => {
  using nothing = { [Symbol.dispose]() {} }
  return heavy(twice(n)) + Number(nothing === undefined)
})).join()
const [answer] = [await run()]; console.log(answer, 'on the same line')
console.log(await thread.spawn(async (n: number) => thread.spawn((n: number) => heavy(n), n).join(), 1).join())
console.log(await thread.builder({ name: 'a' }).spawn((n: number) => heavy(n), 2).join())
console.log(await thread.pool({ threads: 1 }).run((n: number) => heavy(n), 3))
await thread.scope(async s => {
  console.log(await s.spawn(() => heavy(n)).join())
  console.log(await thread.builder({ name: 'b' }).spawnScoped(s, (n: number) => heavy(n), 5).join())
})
console.log(await parIter([1]).map(x => light(x)).collect())
`,
    'heavy.ts': `export const heavy = (n: number): number => \`heavy: \${n}\`.length + n\n`,
    'light.ts': `export const light = (n: number): number => \`light: \${n}\`.length + n\n`,
  })
  const printed = '14 on the same line\n9\n10\n11\n11\n13\n[ 9 ]\n'
  await byRolldown(folder.at('app.ts'), folder.at('rolldown'), { external: ['fearless', 'fearless/closure'] })
  await byEsbuild(folder.at('app.ts'), folder.at('esbuild'), { packages: 'external' })
  for (const out of ['rolldown', 'esbuild']) {
    assert.deepEqual(folder.run(`${out}/app.js`), { stdout: printed, stderr: '' })
    const main = [readFileSync(folder.at(`${out}/app.js`), 'utf8')]
    for (const [, path] of main[0].matchAll(/from "(\.[^"]+)"/g))
      main.push(readFileSync(folder.at(`${out}/${path}`), 'utf8'))
    assert.ok(!main.join().includes('heavy: '), out)
    assert.ok(main.join().includes('light: '), out)
  }
})

test('a bundle without the library uses the installed one', options, async () => {
  using folder = new Folder(PROGRAM)
  await byRolldown(folder.at('app.ts'), folder.at('rolldown'), { external: ['fearless', 'fearless/closure'] })
  await byEsbuild(folder.at('app.ts'), folder.at('esbuild'), { packages: 'external' })
  for (const out of ['rolldown', 'esbuild']) {
    assert.ok(!readdirSync(folder.at(out), { recursive: true }).some(file => String(file).includes('worker')))
    assert.deepEqual(folder.run(`${out}/app.js`), { stdout: PRINTED, stderr: '' })
  }
})

test('esbuild: entries in folders, names with hashes and outputs written by the caller run', options, async () => {
  using folder = new Folder({
    'a/one.ts': `import { thread } from 'fearless'\nconsole.log(await thread.spawn(() => 1).join())\n`,
    'b/c/two.ts': `import { thread } from 'fearless'\nconsole.log(await thread.spawn(() => 2).join())\n`,
  })
  const result = await byEsbuild('', folder.at('out'), {
    entryPoints: [folder.at('a/one.ts'), folder.at('b/c/two.ts')],
    outbase: folder.path,
    entryNames: '[dir]/[name]-[hash]',
    splitting: true,
    write: false,
    metafile: true,
  })
  assert.deepEqual(readdirSync(folder.path).sort(), ['a', 'b', 'node_modules', 'package.json'])
  for (const { path, contents } of result.outputFiles!) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, contents)
  }
  const outputs = readdirSync(folder.at('out'), { recursive: true }).map(String)
  const found = (name: RegExp): string => `out/${outputs.find(each => name.test(each))!}`
  assert.equal(folder.run(found(/^a.one-.*\.js$/)).stdout, '1\n')
  assert.equal(folder.run(found(/^b.c.two-.*\.js$/)).stdout, '2\n')
  assert.ok(Object.keys(result.metafile!.outputs).some(path => path.endsWith('threads/entry.js')))
})

test('esbuild: a rebuild after a change writes one file', options, async () => {
  const app = (n: number, more = ''): string =>
    `import { thread } from 'fearless'\n${more}console.log(await thread.spawn(() => ${n}).join())\n`
  using folder = new Folder({ 'app.ts': app(1, 'await thread.spawn(() => 0).join()\n') })
  const context = await esbuild.context({
    entryPoints: [folder.at('app.ts')],
    outfile: folder.at('out/app.mjs'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    plugins: [forEsbuild()],
    ...quiet,
  })
  try {
    await context.rebuild()
    assert.equal(folder.run('out/app.mjs').stdout, '1\n')
    folder.write('app.ts', app(2))
    await context.rebuild()
    assert.equal(folder.run('out/app.mjs').stdout, '2\n')
    folder.write('app.ts', app(3, 'const n = [Math.random()]\nthread.spawn(() => n)\n'))
    await assert.rejects(context.rebuild(), /error\[F0373\]/)
  } finally {
    await context.dispose()
  }
})

test('a build with threads in a format without modules reports the possible ones', options, async () => {
  using folder = new Folder({ ...PROGRAM, 'plain.ts': 'console.log(1)\n' })
  const build = async (file: string): Promise<void> => {
    const bundle = await rolldown({ input: folder.at(file), platform: 'node', plugins: [forRollup()], ...quiet })
    await bundle.write({ dir: folder.at('out'), format: 'iife' }).finally(() => bundle.close())
  }
  await build('plain.ts')
  await assert.rejects(
    build('deep/weight.ts'),
    /must have the format of modules\. Write it with `format: 'es'` or `'cjs'`\./,
  )
  await assert.rejects(
    byEsbuild(folder.at('app.ts'), folder.at('out'), { format: 'iife' }),
    /must have the format of modules\. Build with `bundle: true` and `format: 'esm'` or `'cjs'`\./,
  )
})

/** A program without a top-level await, which CommonJS does not have. */
const IN_FUNCTION = {
  'app.ts': `import { move, parIter, thread } from 'fearless'
import { half } from './half.js'
async function main() {
  const n = 4
  console.log(await thread.spawn(move(() => half(n) + 1)).join())
  console.log(await parIter([1, 2, 3]).map(x => half(x)).collect())
  console.log(await thread.spawn(() => thread.spawn(() => 7).join()).join())
}
void main()
`,
  'half.js': 'export const half = n => n / 2\n',
}
const PRINTED_IN_FUNCTION = '3\n[ 0.5, 1, 1.5 ]\n7\n'

for (const external of [[], ['fearless']]) {
  const how = external.length === 0 ? 'with the library' : 'that leaves `fearless` out'
  test(`a CommonJS bundle ${how} runs threads`, options, async () => {
    using folder = new Folder({ ...IN_FUNCTION, 'package.json': '{}' })
    const output = { format: 'cjs', dir: folder.at('rolldown') } as const
    const bundle = await rolldown({
      input: folder.at('app.ts'),
      platform: 'node',
      external,
      plugins: [forRollup()],
      ...quiet,
    })
    await bundle.write(output).finally(() => bundle.close())
    await byEsbuild(folder.at('app.ts'), folder.at('esbuild'), { format: 'cjs', external })
    if (external.length === 0) rmSync(folder.at('node_modules'), { recursive: true })
    for (const out of ['rolldown', 'esbuild'])
      assert.deepEqual(folder.run(`${out}/app.js`), { stdout: PRINTED_IN_FUNCTION, stderr: '' }, out)
  })
}

test('a bundle that leaves `fearless` out leaves out all of its modules', options, async () => {
  using folder = new Folder(IN_FUNCTION)
  await byRolldown(folder.at('app.ts'), folder.at('rolldown'), { external: ['fearless'] })
  const bundle = await rollup({
    input: folder.at('app.ts'),
    external: ['fearless'],
    plugins: [forRollup()],
    treeshake: false,
  })
  await bundle.write({ dir: folder.at('rollup'), format: 'es' }).finally(() => bundle.close())
  await byEsbuild(folder.at('app.ts'), folder.at('esbuild'), { external: ['fearless'] })
  for (const out of ['rolldown', 'rollup', 'esbuild']) {
    assert.deepEqual(folder.run(`${out}/app.js`), { stdout: PRINTED_IN_FUNCTION, stderr: '' }, out)
    assert.ok(!readdirSync(folder.at(out), { recursive: true }).some(file => /worker|entry/.test(String(file))), out)
  }
})

test("esbuild: the threads' modules have the extension of the outfile", options, async () => {
  using folder = new Folder({ ...IN_FUNCTION, 'package.json': '{}' })
  await byEsbuild(folder.at('app.ts'), undefined, { outfile: folder.at('out/app.mjs') })
  assert.deepEqual(folder.runAlone('out/app.mjs'), { stdout: PRINTED_IN_FUNCTION, stderr: '' })
})

/** A package that was published as a bundle with threads, and a program that uses it. */
const WITH_CUT_PACKAGE = {
  'package/index.ts': `import { move, parIter, thread } from 'fearless'
export const next = (n: number): Promise<number> => thread.spawn(move(() => n + 1)).join()
export const twice = (xs: number[]): Promise<number[]> => parIter(xs).map(x => x * 2).collect()
`,
  'node_modules/cut/package.json': '{ "type": "module", "exports": "./dist/index.js" }',
  'app.ts': `import { move, thread } from 'fearless'
import { next, twice } from 'cut'
console.log(await next(4), await twice([1, 2]))
const k = 5
console.log(await thread.spawn(move(() => next(k))).join())
`,
}

for (const publisher of ['rolldown', 'esbuild'] as const) {
  test(`a package that ${publisher} has published runs from the sources and in a bundle`, options, async () => {
    using folder = new Folder(WITH_CUT_PACKAGE)
    const [input, dist] = [folder.at('package/index.ts'), folder.at('node_modules/cut/dist')]
    if (publisher === 'rolldown') await byRolldown(input, dist, { external: ['fearless'], minify: true })
    else await byEsbuild(input, dist, { external: ['fearless'], minify: true })
    const register = new URL('./register.ts', import.meta.url).href
    const printed = { stdout: '5 [ 2, 4 ]\n6\n', stderr: '' }
    assert.deepEqual(folder.run('app.ts', '--import', register), printed)
    await byRolldown(folder.at('app.ts'), folder.at('rolldown'))
    await byEsbuild(folder.at('app.ts'), folder.at('esbuild'))
    for (const out of ['rolldown', 'esbuild']) {
      assert.deepEqual(folder.run(`${out}/app.js`), printed, out)
      assert.deepEqual(folder.run(`${out}/app.js`, '--import', register), printed, `${out}, with the load hook`)
    }
    rmSync(folder.at('node_modules'), { recursive: true })
    for (const out of ['rolldown', 'esbuild']) assert.deepEqual(folder.run(`${out}/app.js`), printed, `${out}, alone`)
  })
}

test('source maps lead back to the file from threads too', options, async () => {
  using folder = new Folder({
    'app.ts': `import { thread } from 'fearless'
interface Longer { readonly than: 'nothing' }
enum Level { Low }
const failed = await thread.spawn(() => {
  const level: Level = Level.Low
  throw new Error(String(level))
}).join().then(() => new Error('none'), (error: Error) => error)
console.log(failed.stack)
`,
  })
  await byRolldown(folder.at('app.ts'), folder.at('rolldown'), { minify: true })
  await byEsbuild(folder.at('app.ts'), folder.at('esbuild'), { minify: true })
  for (const out of ['rolldown', 'esbuild']) {
    const pieces = readdirSync(folder.at(out), { recursive: true })
      .map(String)
      .filter(each => /thread-0.*\.map$/.test(each))
    assert.equal(pieces.length, 1)
    const map = JSON.parse(readFileSync(folder.at(`${out}/${pieces[0]}`), 'utf8')) as {
      sources: string[]
      sourcesContent: string[]
    }
    assert.ok(
      map.sources.some(source => source.endsWith('app.ts')),
      map.sources.join(),
    )
    assert.ok(map.sourcesContent.includes(folder.read('app.ts')))
  }
})

test('a Vite server runs threads from the source files', options, async () => {
  using folder = new Folder({
    ...PROGRAM,
    'serve.mjs': `import { createServer } from ${JSON.stringify(import.meta.resolve('vite'))}
import fearless from ${JSON.stringify(new URL('./vite.ts', import.meta.url).href)}
const server = await createServer({ configFile: false, plugins: [fearless()], server: { middlewareMode: true, ws: false }, logLevel: 'error', appType: 'custom', optimizeDeps: { noDiscovery: true } })
await server.ssrLoadModule('/app.ts')
await server.close()
`,
  })
  const { stdout, stderr } = folder.run('serve.mjs')
  assert.deepEqual({ stdout, stderr }, { stdout: PRINTED, stderr: '' })
})

const REFUSED = {
  'app.ts': `import { thread } from 'fearless'
export function total(data: number[]) {
  return thread.spawn(() => data.length)
}
`,
}

test('a refusal of the compiler fails the build with its message', options, async () => {
  using folder = new Folder(REFUSED)
  const expected = `error[F0373]: closure may outlive the current function, but it borrows \`data\`, which is owned by the current function
 --> ${folder.at('app.ts')}:3:23
  |
2 | export function total(data: number[]) {
  |                       ---- \`data\` is declared here
3 |   return thread.spawn(() => data.length)
  |                       ^^^^^ ---- \`data\` is borrowed here
  |                       |
  |                       may outlive borrowed value \`data\`
  |
  = help: to give the thread ownership of \`data\`, wrap the closure: \`move(() => ...)\``
  const builds = {
    rolldown: () => byRolldown(folder.at('app.ts'), folder.at('out')),
    esbuild: () => byEsbuild(folder.at('app.ts'), folder.at('out')),
    vite: () => byVite(folder.path),
  }
  for (const [name, build] of Object.entries(builds)) {
    const error = await build().then(
      () => undefined,
      (error: Error) => error,
    )
    assert.ok(error?.message.includes(expected), `${name}: ${error?.message}`)
  }
})

test('a closure that imports an entry is refused with every form of its specifier', options, async () => {
  for (const specifier of ['./main.ts', './main.js', './main']) {
    using folder = new Folder({
      'main.ts': `import { run } from './run.ts'\nexport const limit = 3\nawait run()\n`,
      'run.ts': `import { thread } from 'fearless'
import { limit } from '${specifier}'
export const run = () => thread.spawn(() => limit).join()
`,
    })
    await assert.rejects(byRolldown(folder.at('main.ts'), folder.at('out')), /error\[FL2001\]/)
    await assert.rejects(byEsbuild(folder.at('main.ts'), folder.at('out')), /error\[FL2001\]/)
  }
})
