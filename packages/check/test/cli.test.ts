/** Tests the installed commands: their output, their exit codes and the files that they write. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { COMMAND, ScratchProject, TSCONFIG } from './scratch.ts'

const limit = { timeout: 60_000 }
const REFUSED = `import { move, thread } from 'fearless'
export function run(data: number[]): number {
  thread.spawn(move(() => data.length))
  return data.length
}
`
const UNUSED = `import { sleep } from 'fearless'\nsleep(1)\n`
const WARNED = `import { sleep } from 'fearless'\nexport const nap = async (): Promise<void> => sleep(1).wait()\n`
const ACCEPTED = `import { thread } from 'fearless'\nexport const one = thread.spawn(() => 1)\n`

/** The environment of CI, in which libraries of colours print colours without a terminal. */
const env = { ...process.env, NO_COLOR: '', CI: 'true' }

function fearless(cwd: string, ...args: string[]) {
  const run = spawnSync(process.execPath, [COMMAND, ...args], { cwd, encoding: 'utf8', timeout: 50_000, env })
  if (run.error) throw run.error
  // On a busy machine TypeScript's server may print this when it is terminated. No option disables that.
  return { code: run.status, out: run.stdout, err: run.stderr.replace(/^context canceled\n/gm, '') }
}

test('check prints the refusals of the project in the working directory', limit, () => {
  using project = new ScratchProject({ 'src/app.ts': REFUSED, 'src/other.ts': ACCEPTED })
  const { code, out, err } = fearless(project.at('src'), 'check')
  assert.equal(err, '')
  assert.equal(code, 1)
  assert.equal(
    out,
    `error[F0382]: use of moved value: \`data\`
 --> src/app.ts:4:10
  |
2 | export function run(data: number[]): number {
  |                     ---- move occurs because \`data\` has type \`number[]\`, which is not copied
3 |   thread.spawn(move(() => data.length))
  |                ----       ---- variable moved due to use in closure
  |                |
  |                value moved into closure here
4 |   return data.length
  |          ^^^^ value used here after move
  |
  = help: share it: \`const data = new Arc(...)\`, read as \`data.value\`; or give a copy away: \`const copy = clone(data)\`

1 error in 2 files, 2 of them with threads
`,
  )
})

test('the exit code is 0 without errors, 1 with errors, and 2 if the check was impossible', limit, () => {
  using project = new ScratchProject({ 'good.ts': ACCEPTED, 'warned.ts': WARNED, 'bad.ts': REFUSED })
  const { path: folder } = project
  assert.equal(fearless(folder, 'check', 'good.ts').code, 0)
  assert.equal(fearless(folder, 'check', 'warned.ts').code, 0)
  assert.equal(fearless(folder, 'check', 'bad.ts').code, 1)
  assert.equal(fearless(folder, 'check', 'none.ts').code, 2)
  assert.equal(fearless(folder, 'check', '--format', 'poem').code, 2)
  assert.equal(fearless(folder, 'check', '--nonsense').code, 2)
  assert.equal(fearless(folder, 'explain').code, 2)
  assert.equal(fearless(folder, 'explain', 'F9999').code, 2)
  assert.equal(fearless(folder, 'check', '--help').code, 0)
})

test('check without a tsconfig.json prints the repair', limit, () => {
  const { code, err } = fearless(tmpdir(), 'check')
  assert.equal(code, 2)
  assert.match(
    err,
    /^fearless: there is no tsconfig\.json in .* or above\. Make one \(npx tsc --init\), or name another/,
  )
})

test('check prints colours on demand', limit, () => {
  using project = new ScratchProject({ 'app.ts': REFUSED })
  assert.ok(fearless(project.path, 'check', '--color').out.includes('\u001B[31m'))
  assert.ok(!fearless(project.path, 'check').out.includes('\u001B'))
})

test('--format json prints the findings as JSON', limit, () => {
  using project = new ScratchProject({ 'app.ts': REFUSED })
  const { out, code } = fearless(project.path, 'check', '--format', 'json')
  const [only, ...more] = JSON.parse(out) as Record<string, unknown>[]
  assert.equal(code, 1)
  assert.deepEqual(more, [])
  assert.equal(only!['code'], 'F0382')
  assert.equal(only!['file'], 'app.ts')
  assert.deepEqual(only!['start'], { line: 4, column: 10 })
  assert.deepEqual(only!['end'], { line: 4, column: 14 })
  assert.equal((only!['also'] as unknown[]).length, 3)
})

test('--format sarif prints a SARIF log', limit, () => {
  using project = new ScratchProject({
    'app.ts': `import { thread } from 'fearless'\nexport const f = (a: number[]) => thread.spawn(() => a)\n`,
  })
  const { out } = fearless(project.path, 'check', '--format', 'sarif')
  const { version, runs } = JSON.parse(out) as { version: string; runs: Sarif[] }
  assert.equal(version, '2.1.0')
  const [{ results, tool }] = runs as [Sarif]
  assert.deepEqual(
    tool.driver.rules.map(({ id }) => id),
    ['F0373'],
  )
  const [result] = results
  assert.equal(result!.ruleId, 'F0373')
  assert.equal(result!.level, 'error')
  assert.deepEqual(result!.locations[0]!.physicalLocation.region, {
    startLine: 2,
    startColumn: 48,
    endLine: 2,
    endColumn: 53,
  })
  assert.deepEqual(
    result!.fixes[0]!.artifactChanges[0]!.replacements.map(({ insertedContent }) => insertedContent.text),
    [', move', 'move(', ')'],
  )
})

interface Sarif {
  tool: { driver: { rules: { id: string }[] } }
  results: {
    ruleId: string
    level: string
    locations: { physicalLocation: { region: object } }[]
    fixes: { artifactChanges: { replacements: { insertedContent: { text: string } }[] }[] }[]
  }[]
}

test('--format github prints workflow commands', limit, () => {
  using project = new ScratchProject({ 'app.ts': REFUSED })
  const { out } = fearless(project.path, 'check', '--format', 'github')
  assert.match(
    out,
    /^::error file=app\.ts,line=4,endLine=4,col=10,endColumn=14,title=F0382::use of moved value: `data`%0A/,
  )
})

test('--fix applies safe fixes until none is left', limit, () => {
  using project = new ScratchProject({
    'app.ts': `import { Arc, Mutex, mpsc, thread } from 'fearless'

export async function run(lock: Arc<Mutex<number>>): Promise<void> {
  const [tx, rx] = mpsc.channel<string>()
  const mine = tx.clone()
  thread.spawn(() => mine.send('x'))
  thread.spawn(() => lock.update(n => n + 1).wait())
  for await (const x of rx) console.log(x)
  const guard = await lock.lock()
  guard.value += 1
}
`,
    'alias.ts': `import { Arc, drop } from 'fearless'

export function run(): number {
  const first = new Arc([1])
  const second = first
  drop(first)
  return second.value.length
}
`,
  })
  const { out, code } = fearless(project.path, 'check', '--fix')
  assert.equal(out, 'fixed 5; nothing refused in 2 files, 2 of them with threads\n')
  assert.equal(code, 0)
  assert.equal(
    project.read('app.ts'),
    `import { Arc, Mutex, mpsc, thread, move, drop } from 'fearless'

export async function run(lock: Arc<Mutex<number>>): Promise<void> {
  const [tx, rx] = mpsc.channel<string>()
  const mine = tx.clone()
  thread.spawn(move(() => mine.send('x')))
  thread.spawn(move(() => lock.update(n => n + 1).wait()))
  drop(tx)
  for await (const x of rx) console.log(x)
  using guard = await lock.lock()
  guard.value += 1
}
`,
  )
  assert.match(project.read('alias.ts'), /const second = Arc\.clone\(first\)/)
})

test('explain prints the page of a code', limit, () => {
  const { out, code } = fearless(tmpdir(), 'explain', 'F0382')
  assert.equal(code, 0)
  assert.match(out, /^# F0382: use of a moved value\n\n/)
  assert.match(out, /Refused:\n[^]*Way out: [^]*Way out: /)
})

test('a suppression silences its line, and an unused one is reported', limit, () => {
  using project = new ScratchProject({
    'app.ts': `import { move, thread } from 'fearless'
export function run(data: number[]): number {
  thread.spawn(move(() => data.length))
  // fearless-allow F0382: the copy is what is meant
  return data.length
}
export function other(data: number[]): number {
  thread.spawn(move(() => data.length))
  return data.length // fearless-allow F0382: the same
}
// fearless-allow F1005: nothing here takes a lock
export const one = 1
// fearless-allow F0382
export const two = '// fearless-allow F0382: only text'
`,
  })
  const { out, code } = fearless(project.path, 'check', '--format', 'json')
  const found = (JSON.parse(out) as { code: string; message: string; start: { line: number } }[]).map(
    each => `${each.start.line} ${each.code} ${each.message}`,
  )
  assert.deepEqual(found, [
    '11 F0000 this suppression of F1005 silences nothing',
    '13 F0000 this suppression has no code or no reason',
  ])
  assert.equal(code, 0)
})

test('the configuration allows codes, excludes files and names pages', limit, () => {
  const page = `import { type Receiver } from 'fearless'\nexport const next = (rx: Receiver<string>) => rx.recv().wait()\n`
  using project = new ScratchProject({
    'tsconfig.json': `{
  // comments are allowed here
  "extends": "../../../../tsconfig.base.json",
  "compilerOptions": { "noEmit": true, "declaration": false, "sourceMap": false },
  "include": ["."],
  "fearless": { "allow": ["F1003"], "exclude": ["old/"], "pages": ["web"], },
}`,
    'app.ts': UNUSED,
    'old/app.ts': REFUSED,
    'web/page.ts': page,
    'server.ts': page,
  })
  const found = JSON.parse(fearless(project.path, 'check', '--format', 'json').out) as {
    code: string
    file: string
  }[]
  assert.deepEqual(
    found.map(({ code, file }) => `${code} ${file}`),
    ['F1002 web/page.ts'],
  )
})

test('a configuration with an unknown option is refused', limit, () => {
  using project = new ScratchProject({ 'app.ts': ACCEPTED, 'package.json': '{ "fearless": { "alow": [] } }' })
  const { code, err } = fearless(project.path, 'check')
  assert.equal(code, 2)
  assert.match(err, /Unknown option "alow" under "fearless" in .*package\.json\. Options are allow, exclude, pages\./)
})

test('check includes the references of a project', limit, () => {
  using project = new ScratchProject({
    'tsconfig.json': JSON.stringify({ files: [], references: [{ path: './a' }, { path: './b/tsconfig.json' }] }),
    'a/tsconfig.json': JSON.stringify(TSCONFIG),
    'b/tsconfig.json': JSON.stringify({ ...TSCONFIG, references: [{ path: '../a' }] }),
    'a/a.ts': REFUSED,
    'b/b.ts': REFUSED,
  })
  const { out, code } = fearless(project.path, 'check', '--format', 'github')
  assert.equal(code, 1)
  assert.deepEqual(out.match(/file=[^,]+/g), ['file=a/a.ts', 'file=b/b.ts'])
})

test('a second run answers from the cache until a file changes', limit, () => {
  using project = new ScratchProject({ 'app.ts': REFUSED })
  const first = fearless(project.path, 'check')
  assert.deepEqual(fearless(project.path, 'check'), first)
  project.write('app.ts', ACCEPTED)
  assert.equal(fearless(project.path, 'check').code, 0)
  project.write('app.ts', REFUSED)
  assert.deepEqual(fearless(project.path, 'check'), first)
})

test('a change in an import from outside the project invalidates the cache', limit, () => {
  const shape = (type: string): string => `export declare const shape: ${type}\n`
  using project = new ScratchProject({
    'src/app.ts': `import { move, thread } from 'fearless'
import { shape } from '../other/shape.js'
export function run(): unknown {
  const mine = shape
  thread.spawn(move(() => mine))
  return mine
}
`,
    'other/shape.d.ts': shape('number'),
    'tsconfig.json': JSON.stringify({ ...TSCONFIG, include: ['src'] }),
  })
  assert.equal(fearless(project.path, 'check').code, 0)
  project.write('other/shape.d.ts', shape('number[]'))
  assert.equal(fearless(project.path, 'check').code, 1)
})

test('--watch checks again when a file changes', limit, async () => {
  using project = new ScratchProject({ 'app.ts': REFUSED })
  const child = spawn(process.execPath, [COMMAND, 'check', '--watch'], { cwd: project.path, timeout: 40_000 })
  let out = ''
  const seen = (text: RegExp): Promise<void> =>
    new Promise(done => {
      const look = (): void => {
        if (!text.test(out)) return
        child.stdout.off('data', look)
        done()
      }
      child.stdout.on('data', look)
      look()
    })
  child.stdout.on('data', (chunk: Buffer) => (out += chunk))
  const watching = once(child.stderr, 'data')
  await seen(/1 error in 1 file/)
  await watching
  project.write('app.ts', ACCEPTED)
  await seen(/nothing refused in 1 file/)
  const ended = once(child, 'exit')
  child.kill('SIGINT')
  assert.deepEqual(await ended, [0, null])
})
