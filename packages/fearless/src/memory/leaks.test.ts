/** What is forgotten is reported where it was made, and what ended in any other way is not. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'

const folder = mkdtempSync(join(import.meta.dirname, '.leaks-'))
after(() => rmSync(folder, { recursive: true }))

/** Two kinds of forgetting, and many of ending; the collector runs until the program is sure. */
const PROGRAM = `import { Semaphore, WaitGroup, drop, move, mpsc, oneshot, thread } from 'fearless'

function forgetSender(): object {
  const [tx, rx] = mpsc.channel<number>() // forgotten here
  rx[Symbol.dispose]()
  return new WeakRef(tx)
}
function end(): void {
  const [tx, rx] = mpsc.channel<number>()
  drop(tx)
  drop(rx)
  const group = new WaitGroup()
  using _member = group.clone()
  drop(group)
  using _permit = new Semaphore(1).acquire().try()
}
async function moveAway(): Promise<void> {
  const [tx, rx] = mpsc.channel<number>()
  const [answer, answered] = oneshot.channel<number>()
  await thread.spawn(move(() => {
    // What a thread forgets ends with it.
    const mine = [tx, rx]
    mpsc.channel<number>()
    answer.send(mine.length)
  })).join()
  await answered.recv()
  drop(answered)
}
const forgotten = forgetSender() as WeakRef<object>
end()
await moveAway()
for (let i = 0; i < 200 && forgotten.deref() !== undefined; i++) {
  globalThis.gc!()
  await new Promise(resolve => setTimeout(resolve, 5))
}
globalThis.gc!()
await new Promise(resolve => setTimeout(resolve, 50))
console.log(forgotten.deref() === undefined ? 'collected' : 'kept')
`

function run(environment: Record<string, string>): { stdout: string; stderr: string } {
  const file = join(folder, 'app.ts')
  writeFileSync(file, PROGRAM)
  return spawnSync(process.execPath, ['--expose-gc', '--import', '@fearless/compiler/register', file], {
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...environment },
  })
}

test('a sender that nobody can use any more is reported with its line, and nothing else', { timeout: 90_000 }, () => {
  const { stdout, stderr } = run({ FEARLESS_LEAKS: 'on' })
  assert.equal(stdout, 'collected\n', stderr)
  const line = PROGRAM.split('\n').findIndex(text => text.includes('// forgotten here')) + 1
  const report =
    /^A Sender that was made at (\S+):(\d+):\d+ is forgotten, and who waits for its end waits for ever\. .*\n$/
  const found = report.exec(stderr)
  assert.ok(found !== null, stderr)
  assert.match(found[1], /app\.ts$/)
  assert.equal(Number(found[2]), line)
})

test('without the setting nothing is said', { timeout: 90_000 }, () => {
  const { stdout, stderr } = run({})
  assert.deepEqual([stdout, stderr], ['collected\n', ''])
})
