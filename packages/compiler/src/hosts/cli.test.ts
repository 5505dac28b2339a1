import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const options = { timeout: 60_000 }
const cli = new URL('./cli.ts', import.meta.url).href
const folder = mkdtempSync(join(tmpdir(), 'fearless-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const command = (...args: string[]): string[] => [
  '--input-type=module',
  '-e',
  `const { run } = await import(${JSON.stringify(cli)}); process.exitCode = await run(${JSON.stringify(args)})`,
]

function fearless(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, command(...args), {
    cwd: folder,
    encoding: 'utf8',
    timeout: 30_000,
  })
  return { status, stdout, stderr }
}

test('the command passes arguments and the exit code through', options, () => {
  writeFileSync(
    join(folder, 'args.ts'),
    `const args: string[] = process.argv.slice(2)\nconsole.log(args.join(), process.title)\nprocess.exitCode = 7`,
  )
  assert.deepEqual(fearless('--title=mine', 'args.ts', 'a', '--help', '-x'), {
    status: 7,
    stdout: 'a,--help,-x mine\n',
    stderr: '',
  })
})

test('--help prints the usage', options, () => {
  for (const word of ['--help', '-h']) {
    const { status, stdout } = fearless(word)
    assert.equal(status, 0)
    assert.match(stdout, /^Usage: fearless run /)
  }
})

test('a missing argument, a missing file and a folder are errors', options, () => {
  assert.match(fearless().stderr, /^fearless: No file was given/)
  assert.equal(fearless().status, 2)
  const { status, stderr } = fearless('missing.ts')
  assert.equal(status, 1)
  assert.match(stderr, /^fearless: There is no file missing\.ts \(.*missing\.ts\)\. Give a path/)
  assert.equal(fearless('.').status, 1)
})

test('the command passes signals to the program', { ...options, skip: process.platform === 'win32' }, async () => {
  writeFileSync(
    join(folder, 'wait.mjs'),
    `process.on('SIGTERM', () => process.exit(9))\nsetTimeout(() => {}, 30_000)\nconsole.log('ready')`,
  )
  const child = spawn(process.execPath, command('wait.mjs'), { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  assert.deepEqual(await once(child, 'exit'), [9, null])
})

test(
  'a program that a signal kills ends the command with the same signal',
  { ...options, skip: process.platform === 'win32' },
  async () => {
    writeFileSync(join(folder, 'die.mjs'), `process.kill(process.pid, 'SIGKILL'); setTimeout(() => {}, 30_000)`)
    const child = spawn(process.execPath, command('die.mjs'), { cwd: folder, stdio: 'ignore' })
    assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL'])
  },
)
