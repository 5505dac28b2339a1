/** The `fearless` command: it runs the installation of the program's folder, and survives a closed pipe. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const COMMAND = fileURLToPath(new URL('../bin/fearless.js', import.meta.url))

function run(cwd: string, ...args: string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], { cwd, encoding: 'utf8', timeout: 20_000 })
  return stdout + stderr
}

test("the command runs the installation in the program's folder", { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'fearless-command-'))
  try {
    assert.match(run(folder, '--version'), /^\d+\.\d+\.\d+\n$/)
    const local = join(folder, 'node_modules/fearless')
    mkdirSync(join(local, 'bin'), { recursive: true })
    writeFileSync(join(local, 'package.json'), '{ "name": "fearless", "type": "module" }')
    writeFileSync(join(local, 'bin/fearless.js'), 'console.log("local", ...process.argv.slice(2))')
    assert.equal(run(folder, 'run', 'app.ts'), 'local run app.ts\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a reader that closes the pipe early ends the command without a message', { timeout: 60_000 }, () => {
  const program = fileURLToPath(new URL('model/programs-to-run.fixture.ts', import.meta.url))
  const { stderr, stdout } = spawnSync(
    'sh',
    ['-c', '"$0" "$1" model "$2" | true', process.execPath, COMMAND, program],
    {
      encoding: 'utf8',
      timeout: 40_000,
    },
  )
  assert.equal(stdout, '')
  assert.doesNotMatch(stderr, /EPIPE|Unhandled/)
})
