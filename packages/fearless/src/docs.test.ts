/** Every export has an example, and every example of a public docstring runs and has the right types. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { ScratchFolder } from '../../../scripts/scratch.ts'
import { collectExamples, programOf, type Example } from './docs.fixture.ts'

const root = resolve(import.meta.dirname, '../../..')
const { exported, examples } = collectExamples()
const scratch = new ScratchFolder()

const fileOf = ({ place }: Example): string => `${place.replaceAll(/[^a-z0-9]+/g, '-')}.ts`

/** Runs examples in one process. Returns the failures by place. */
function failuresOf(programs: readonly Example[], limitMs: number): Map<string, string> {
  for (const each of programs) scratch.write(fileOf(each), programOf(each, exported))
  const runner = join(import.meta.dirname, 'docs-run.fixture.ts')
  const { stdout, stderr, signal } = spawnSync(
    process.execPath,
    ['--import', '@fearless/compiler/register', runner, String(limitMs), scratch.path, ...programs.map(fileOf)],
    { cwd: root, encoding: 'utf8', timeout: 120_000, env: { ...process.env, NODE_TEST_CONTEXT: undefined } },
  )
  const ended = new Map(
    stdout
      .split('\n')
      .filter(line => line.startsWith('{'))
      .map(line => JSON.parse(line) as { file: string; failure: string | null })
      .map(({ file, failure }) => [file, failure]),
  )
  const wrong = new Map<string, string>()
  for (const each of programs) {
    const failure = ended.get(fileOf(each))
    if (failure === undefined) {
      // The examples after this one did not run.
      wrong.set(each.place, `it ended the process, or blocks it (${signal ?? 'no signal'})\n${stderr}`)
      break
    }
    if (failure !== null) wrong.set(each.place, failure)
  }
  return wrong
}

test('every exported value has an example', () => {
  const without = exported.filter(({ isType, hasExample }) => !isType && !hasExample)
  assert.deepEqual(
    without.map(({ name, place }) => `${name} (${place})`),
    [],
  )
})

test('every example has the results that it states', { timeout: 150_000 }, () => {
  assert.ok(examples.length > 50)
  const failures = failuresOf(examples, 10_000)
  assert.equal([...failures].map(([place, why]) => `${place}: ${why}`).join('\n\n'), '')
})

test('every example has the right types', { timeout: 90_000 }, () => {
  const config = {
    extends: join(root, 'tsconfig.base.json'),
    compilerOptions: { noEmit: true, noUnusedLocals: false, lib: ['esnext', 'dom'] },
    files: examples.map(fileOf),
  }
  scratch.write('tsconfig.json', JSON.stringify(config))
  const { stdout } = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', scratch.path], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  const places = new Map(examples.map(each => [fileOf(each), each.place]))
  const wrong = stdout.replaceAll(/^\S*?([\w-]+\.ts)(?=\()/gm, (text, file: string) => places.get(file) ?? text)
  assert.equal(wrong, '')
})

test('a failing example is reported with its failure', { timeout: 60_000 }, () => {
  const example = (place: string, text: string): Example => ({ place, text })
  const failures = failuresOf(
    [
      example('right', 'new Rc(5).value // => 5'),
      example('wrong', 'new Rc(5).value // => 6'),
      example('throws', "throw new Error('bang')"),
      example('does not throw', 'new Rc(5).value // => throws MovedError'),
      example('throws another', "throw_() // => throws MovedError\nfunction throw_() { throw new Error('bang') }"),
      example('a thread', 'thread.spawn(async () => { await sleep(3000) })'),
      example('a timer', 'setTimeout(() => {}, 3000)'),
      example('never ends', 'const [tx, rx] = mpsc.channel<number>()\nawait rx.recv()'),
      example('ends the process', 'process.exit(0)'),
      example('not reached', ''),
    ],
    1000,
  )
  assert.deepEqual(
    [...failures].map(([place, why]) => `${place}: ${why.split('\n')[0]}`),
    [
      'wrong: AssertionError [ERR_ASSERTION]: Expected values to be strictly deep-equal:',
      'throws: Error: bang',
      'does not throw: AssertionError [ERR_ASSERTION]: Missing expected rejection (MovedError).',
      'throws another: AssertionError [ERR_ASSERTION]: Expected values to be strictly deep-equal:',
      'a thread: it has left open: a thread',
      'a timer: it has left open: Timeout, a thread',
      'never ends: it has not ended within 1 s',
      'ends the process: it ended the process, or blocks it (no signal)',
    ],
  )
})
