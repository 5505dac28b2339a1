/** Robustness: the checker answers clearly and in reasonable time for every project, without a crash or a hang. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NESTED } from '../../compiler/src/syntax/nesting.fixture.ts'
import { HARD } from './hard.ts'
import { Overlay } from '../src/host/overlay.ts'
import { TypeScript7 } from '../src/host/ts7.ts'
import { FileInfo } from '../src/file-info.ts'
import { Project } from '../src/project.ts'
import { ScratchProject, TSCONFIG } from './scratch.ts'
import { parse } from '../src/syntax/parse.ts'

const limit = { timeout: 60_000 }

function found(files: Record<string, string>, compilerOptions: object = {}): string[] {
  using scratch = new ScratchProject(files, {
    tsconfig: { ...TSCONFIG, compilerOptions: { ...TSCONFIG.compilerOptions, ...compilerOptions } },
  })
  const project = new Project(scratch.at('tsconfig.json'))
  try {
    return project.check().diagnostics.map(({ file, code, at }) => {
      const { line } = project.linesOf(file).at(at.start)
      return `${file.slice(scratch.path.length + 1)}:${line} ${code}`
    })
  } finally {
    project.close()
  }
}

const HEAD = `import { move, thread } from 'fearless'\n`
const MISTAKE = `export function run(data: number[]): number {
  thread.spawn(move(() => data.length))
  return data.length
}
`

test('a syntax error is reported, and the other files are checked', limit, () => {
  assert.deepEqual(found({ 'a.ts': `${HEAD}const = 1\n`, 'b.ts': HEAD + MISTAKE }), ['a.ts:2 F0001', 'b.ts:4 F0382'])
})

test('every prefix of a program gets an answer', limit, () => {
  const program = HEAD + MISTAKE.repeat(1)
  const files: Record<string, string> = {}
  for (let end = HEAD.length; end < program.length; end += 3) files[`cut${end}.ts`] = program.slice(0, end)
  for (const each of found(files)) assert.match(each, /^cut\d+\.ts:\d+ F(?:0001|0382)$/)
})

test('a program with type errors is checked', limit, () => {
  const text = `${HEAD}import { nothing } from './none.ts'\nconst x: string = 1 + nothing\n${MISTAKE}`
  assert.deepEqual(found({ 'a.ts': text }), ['a.ts:6 F0382'])
})

test('a file of a megabyte is checked', limit, () => {
  const filler = Array.from(
    { length: 12_000 },
    (_, i) => `export function f${i}(a: number[]): number { let s = 0; for (const x of a) s += x; return s }\n`,
  )
  const text = HEAD + filler.join('') + MISTAKE
  assert.ok(text.length > 1_000_000)
  assert.deepEqual(found({ 'a.ts': text }), [`a.ts:${filler.length + 4} F0382`])
})

test('a function of ten thousand statements is checked', limit, () => {
  const lines = Array.from({ length: 10_000 }, (_, i) =>
    i % 10 === 0 ? `  if (n > ${i}) n -= data.length\n` : `  n += ${i}\n`,
  )
  const text = `${HEAD}export function run(data: number[], n: number): number {\n${lines.join('')}  thread.spawn(move(() => data.length))\n  return data.length + n\n}\n`
  assert.deepEqual(found({ 'a.ts': text }), [`a.ts:${lines.length + 4} F0382`])
})

test('deep nesting is checked or reported as too deep', limit, () => {
  const nested = (depth: number): string =>
    `${HEAD}export const x = ${'['.repeat(depth)}${']'.repeat(depth)}\n${MISTAKE}`
  const chained = (length: number): string =>
    `${HEAD}export const x = ${Array.from({ length }, () => '1').join(' + ')}\n${MISTAKE}`
  const blocks = (depth: number): string => `${HEAD}${'{'.repeat(depth)}${'}'.repeat(depth)}\n${MISTAKE}`
  assert.deepEqual(found({ 'a.ts': nested(50), 'b.ts': chained(200), 'c.ts': blocks(50) }), [
    'a.ts:5 F0382',
    'b.ts:5 F0382',
    'c.ts:5 F0382',
  ])
  for (const each of found({ 'a.ts': chained(3000) })) assert.match(each, /^a\.ts:\d+ F(?:0001|0382)$/)
})

/** Returns the CPU time of this process for a check, in milliseconds: without other processes and without tsc. */
function costOf(text: string): number {
  using scratch = new ScratchProject({ 'a.ts': text })
  const project = new Project(scratch.at('tsconfig.json'))
  try {
    project.lookedAt(scratch.at('a.ts'))
    const before = process.cpuUsage()
    const codes = project.checkFile(scratch.at('a.ts')).map(({ code }) => code)
    const { user, system } = process.cpuUsage(before)
    assert.deepEqual(codes, ['F0382'])
    return (user + system) / 1000
  } finally {
    project.close()
  }
}

/** The machine's time for a minimal program, by which the limits are scaled. */
const unit = Math.max(20, costOf(HEAD + MISTAKE))

for (const [name, { size, of }] of Object.entries(HARD)) {
  test(`the checker's time for ${name} grows linearly`, limit, () => {
    const small = costOf(of(size))
    const large = costOf(of(2 * size))
    assert.ok(large < 3 * small + 10 * unit, `${size}: ${small} ms, ${2 * size}: ${large} ms`)
    assert.ok(large < 200 * unit, `${large} ms`)
  })
}

test('the additions to 800 conditional moves at most double the time of tsc', limit, () => {
  const text = HARD['conditional moves of as many variables']!.of(800)
  using scratch = new ScratchProject({ 'a.ts': text })
  const path = scratch.at('a.ts')
  const parsed = parse(path, text)
  assert.ok('program' in parsed)
  const added = Overlay.for(new FileInfo(path, parsed))
  const timeOf = (overlay: Overlay): number => {
    const compiler = new TypeScript7(scratch.path, {
      textOf: each => (each === path ? overlay.text : undefined),
      overlayOf: () => overlay,
    })
    try {
      const host = compiler.open(scratch.at('tsconfig.json'))
      const before = performance.now()
      assert.deepEqual(host.complaints(path), [])
      return performance.now() - before
    } finally {
      compiler.close()
    }
  }
  const least = (overlay: Overlay): number => Math.min(timeOf(overlay), timeOf(overlay))
  const [without, with_] = [least(Overlay.of(text)), least(added)]
  assert.ok(with_ < 2 * without + 100, `${without} ms without, ${with_} ms with`)
})

test('a function that is too large is reported, and the others are checked', limit, () => {
  const lines = (line: (i: number) => string): string => Array.from({ length: 3000 }, (_, i) => line(i)).join('')
  const text = `import { drop, move, thread, type Sender } from 'fearless'\nexport function run(tx: Sender<number>, n: number): void {\n${lines(i => `const a${i} = tx\n`)}${lines(i => `if (n > ${i}) drop(tx)\n`)}}\n${MISTAKE}`
  assert.deepEqual(found({ 'a.ts': text }), ['a.ts:2 F0002', 'a.ts:6006 F0382'])
})

test('brackets at the nesting limit of the parser are checked', limit, () => {
  for (const open of ['{', '(', '[', 'if (1) {']) {
    const close = open === '(' ? '1)' : open === '[' ? ']' : '}'
    for (const depth of [3000, 50_000]) {
      const text = `${HEAD}${open.repeat(depth)}${close.repeat(depth)}\n`
      assert.ok(found({ 'a.ts': text }).every(each => /^a\.ts:\d+ F0001$/.test(each)))
    }
  }
})

test('a file that is nested too deeply does not prevent the check of the others', limit, () => {
  for (const kind of ['elseIf', 'ternary', 'arrows', 'calls', 'classes', 'templates', 'typeArgs']) {
    const files = { 'deep.ts': HEAD + NESTED[kind]!(2_500), 'other.ts': HEAD + MISTAKE }
    const [deep, ...others] = found(files)
    assert.match(deep!, /^deep\.ts:\d+ F0001$/, kind)
    assert.deepEqual(others, ['other.ts:4 F0382'], kind)
  }
})

test('files that import each other and functions that call each other are checked', limit, () => {
  const a = `import { drop, type Sender } from 'fearless'\nimport { other } from './b.ts'\nexport function one(tx: Sender<number>, n: number): void { if (n > 0) other(tx, n); else drop(tx) }\n`
  const b = `import { type Sender } from 'fearless'\nimport { one } from './a.ts'\nexport function other(tx: Sender<number>, n: number): void { one(tx, n - 1) }\n`
  const program = `import { mpsc } from 'fearless'\nimport { other } from './b.ts'\nconst [tx, rx] = mpsc.channel<number>()\nother(tx, 3)\ntx.send(1)\nconsole.log(rx)\n`
  // The result must not depend on the order of the two files.
  const first = program.replaceAll('other', 'one').replace('./b.ts', './a.ts')

  assert.deepEqual(found({ 'a.ts': a, 'b.ts': b, 'main.ts': program }), ['main.ts:5 F0382'])
  assert.deepEqual(found({ 'a.ts': a, 'b.ts': b, '0.ts': first, 'main.ts': program }), [
    '0.ts:5 F0382',
    'main.ts:5 F0382',
  ])
})

test('sixty functions that all call each other are checked', limit, () => {
  const names = Array.from({ length: 60 }, (_, i) => `f${i}`)
  const functions = names.map(
    name =>
      `function ${name}(tx: Sender<number>, n: number): void { ${names.map(other => `if (n > 1) ${other}(tx, n - 1)`).join('; ')}; if (n === 1) drop(tx) }\n`,
  )
  const text = `import { drop, mpsc, type Sender } from 'fearless'\n${functions.join('')}const [tx, rx] = mpsc.channel<number>()\nf7(tx, 3)\ntx.send(1)\nconsole.log(rx)\n`
  const own = found({ 'a.ts': text }).filter(each => each === `a.ts:${names.length + 4} F0382`)
  assert.equal(own.length, 1)
})

test('JSX, decorators, .mts, .cts and JavaScript with types in comments are checked', limit, () => {
  const options = { experimentalDecorators: true, allowJs: true, checkJs: true, verbatimModuleSyntax: false }
  const files = {
    'view.tsx': `${HEAD}declare global { namespace JSX { interface IntrinsicElements { p: object } } }\nexport function View({ rows }: { rows: number[] }) { thread.spawn(move(() => rows.length)); return <p title={String(rows)} /> }\n`,
    'decorated.ts': `${HEAD}function log(_: unknown, _key: string): void {}\nexport class Job { @log run(data: number[]): number { thread.spawn(move(() => data.length)); return data.length } }\n`,
    'module.mts': HEAD + MISTAKE,
    'script.js': `${HEAD}/** @param {number[]} data */\nexport function run(data) {\n  thread.spawn(move(() => data.length))\n  return data.length\n}\n`,
  }
  assert.deepEqual(found(files, options), [
    'decorated.ts:3 F0382',
    'module.mts:4 F0382',
    'script.js:5 F0382',
    'view.tsx:3 F0382',
  ])
})

test('CommonJS in TypeScript is checked', limit, () => {
  const text = `import fearless = require('fearless')\nexport const one = fearless.thread.spawn(() => 1)\n`
  assert.deepEqual(found({ 'a.cts': text }, { verbatimModuleSyntax: false }), [])
})

test('a byte order mark and Windows line ends do not shift the locations of findings', limit, () => {
  assert.deepEqual(found({ 'a.ts': `\uFEFF${(HEAD + MISTAKE).replaceAll('\n', '\r\n')}` }), ['a.ts:4 F0382'])
})

test('an empty project, an empty file and a declaration file have no finding', limit, () => {
  assert.deepEqual(
    found({ 'a.ts': '', 'b.d.ts': `import 'fearless'\nexport declare function f(data: number[]): void\n` }),
    [],
  )
})

test('a string that mentions the library is not a use of it', limit, () => {
  assert.deepEqual(
    found({
      'a.ts': `export const text = "from 'fearless'"\nexport const move = (f: () => void) => f()\nmove(() => {})\n`,
    }),
    [],
  )
})

test('labels, empty loops and jumps without effect are checked', limit, () => {
  const text = `${HEAD}export function run(data: number[], n: number): number {
  a: { if (n) break a; thread.spawn(move(() => data.length)); return 0 }
  b: for (;;) { switch (n) { case 1: continue b; case 2: break b; default: n--; } if (n < 0) break }
  for (const _ of data); for (const _ in {}); while (false); do ; while (n++ < 3)
  try { throw 1 } catch {} finally {}
  with_: do { continue with_ } while (false)
  return data.length
}
`
  assert.deepEqual(found({ 'a.ts': text }, { allowUnreachableCode: true }), [])
})

test('a change in a file without the library is seen by the threads that reach it', limit, () => {
  const state = (more: string): string => `export let level = 0\nexport const log = (): number => level\n${more}`
  using scratch = new ScratchProject({
    'a.ts': `import { thread } from 'fearless'\nimport { log } from './state.ts'\nexport const run = () => thread.spawn(() => log())\n`,
    'state.ts': state(''),
  })
  const project = new Project(scratch.at('tsconfig.json'))
  try {
    const codes = (): string[] => project.checkFile(scratch.at('a.ts')).map(({ code }) => code)
    assert.deepEqual(project.check().diagnostics, [])
    project.update(scratch.at('state.ts'), state('export const set = (to: number): void => void (level = to)\n'))
    assert.deepEqual(codes(), ['F1006'])
    project.update(scratch.at('state.ts'), 'export let level = ')
    assert.deepEqual(codes(), [])
    project.update(scratch.at('state.ts'), undefined)
    assert.deepEqual(codes(), [])
  } finally {
    project.close()
  }
})

test('modules that re-export each other in a cycle are checked', limit, () => {
  const files = {
    'a.ts': `import { thread } from 'fearless'\nimport { x, y } from './b.ts'\nexport const run = () => thread.spawn(() => [x, y])\n`,
    'b.ts': `export * from './c.ts'\nexport { y } from './c.ts'\n`,
    'c.ts': `export * from './b.ts'\nexport { y } from './b.ts'\nexport let x = 1\nexport const set = (): void => void (x = 2)\n`,
  }
  assert.deepEqual(found(files), ['a.ts:3 F1006'])
})
