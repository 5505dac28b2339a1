/**
 * An event loop whose waits only the loop itself could end fails with DeadlockError. A wait that a timer, a signal or
 * another thread may end continues.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const limit = { timeout: 120_000, concurrency: true }
const fixture = fileURLToPath(new URL('loop-deadlock.fixture.ts', import.meta.url))

/** The outcome of each program of the fixture, by its name. */
async function outcomes(which: string): Promise<Map<string, string>> {
  const child = spawn(process.execPath, ['--import', '@fearless/compiler/register', fixture, which], {
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let stdout = ''
  child.stdout.on('data', chunk => (stdout += chunk))
  const code = await new Promise(resolve => child.on('close', resolve))
  assert.equal(code, 0, stdout)
  const lines = stdout.trim().split('\n')
  return new Map(lines.map(line => line.split(' | ') as [string, string]))
}

test('a wait that only its own event loop could end fails with DeadlockError', limit, async () => {
  const all = await outcomes('stranded')
  assert.ok(all.size >= 18, `${all.size} programs`)
  for (const [name, outcome] of all) {
    assert.match(
      outcome,
      /^DeadlockError: This event loop waits for .*, and it has no other work that could end the wait\. [A-Z]/,
      name,
    )
  }
  assert.match(
    all.get('own Mutex')!,
    /a Mutex that this thread holds itself, acquired at \S+loop-deadlock\.fixture\.ts:\d+:/,
  )
  assert.match(all.get('own sender')!, /a message of a channel whose senders .*`drop\(tx\)`/)
  assert.match(
    all.get('a thread that receives from a sender of ours')!,
    /a thread that waits for a message of a channel/,
  )
  assert.match(
    all.get('a thread that waits for a lock of ours')!,
    /a thread that waits for a Mutex that this thread holds/,
  )
  assert.match(all.get('a select of stranded arms')!, /the first of 2 arms, one of which is a Mutex/)
})

test('a wait that a timer, a signal, the thread pool or another thread ends gets its value', limit, async () => {
  const all = await outcomes('woken')
  assert.ok(all.size >= 15, `${all.size} programs`)
  for (const [name, outcome] of all) assert.match(outcome, /^gave "/, name)
  assert.match(all.get('a guard that is garbage')!, /"(?:DeadlockError|PoisonError)"/)
})
