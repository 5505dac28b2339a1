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

const receivers: object[] = []
function forgetSender(): object {
  const [tx, rx] = mpsc.channel<number>() // forgotten here
  receivers.push(rx)
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

/** Many handles of one line in several collections, and some that no thread can observe. */
const LOOP = `import { drop, mpsc, oneshot } from 'fearless'

const receivers: object[] = []
function forget(): void {
  receivers.push(mpsc.channel<number>()[1]) // forgotten here
}
function endUnseen(): void {
  const [tx] = mpsc.channel<number>()
  tx.send(1)
  drop(tx)
  mpsc.channel<string>(1)
  oneshot.channel<string>()
}
for (let round = 0; round < 3; round++) {
  for (let i = 0; i < 4; i++) {
    forget()
    endUnseen()
  }
  for (let i = 0; i < 4; i++) {
    globalThis.gc!()
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
console.log(receivers.length)
`

function run(environment: Record<string, string>, program = PROGRAM): { stdout: string; stderr: string } {
  const file = join(folder, 'app.ts')
  writeFileSync(file, program)
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
    /^A Sender that was made at (\S+):(\d+):\d+ is forgotten: threads that wait for its end wait for ever\. .*\n$/
  const found = report.exec(stderr)
  assert.ok(found !== null, stderr)
  assert.match(found[1], /app\.ts$/)
  assert.equal(Number(found[2]), line)
})

test(
  'a line that makes many handles that are forgotten is reported once, with a count, and once more at the end',
  { timeout: 90_000 },
  () => {
    const { stdout, stderr } = run({ FEARLESS_LEAKS: 'on' }, LOOP)
    assert.equal(stdout, '12\n', stderr)
    const line = LOOP.split('\n').findIndex(text => text.includes('// forgotten here')) + 1
    const reports = [
      ...stderr.matchAll(/^(\d+) handles \(Sender\) that were made at \S+app\.ts:(\d+):\d+ are forgotten/gm),
    ]
    assert.ok(reports.length >= 1 && reports.length <= 2, stderr)
    assert.equal(stderr.split('\n').length - 1, reports.length, stderr)
    assert.deepEqual(reports.at(-1)!.slice(1), ['12', String(line)])
  },
)

test('without the setting nothing is said', { timeout: 90_000 }, () => {
  const { stdout, stderr } = run({})
  assert.deepEqual([stdout, stderr], ['collected\n', ''])
})
