/** Leak reports: a leaked handle is reported with its source line, and a dropped or moved handle is not. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { ScratchFolder } from '../../../../../scripts/scratch.ts'

const scratch = new ScratchFolder()

/** Leaks one sender, and drops handles in many ways. The collector runs until the leaked sender is collected. */
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
    // The thread drops its handles when it finishes.
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

/** Leaks many handles of one line in several collections, and some whose drop no thread can observe. */
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
  const file = scratch.write('app.ts', program)
  return spawnSync(process.execPath, ['--expose-gc', '--import', '@fearless/compiler/register', file], {
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...environment },
  })
}

test('a sender that was collected without a drop is reported once with its line', { timeout: 90_000 }, () => {
  const { stdout, stderr } = run({ FEARLESS_LEAKS: 'on' })
  assert.equal(stdout, 'collected\n', stderr)
  const line = PROGRAM.split('\n').findIndex(text => text.includes('// forgotten here')) + 1
  const report = /^A Sender created at (\S+):(\d+):\d+ was garbage-collected without being dropped, so threads .*\n$/
  const found = report.exec(stderr)
  assert.ok(found !== null, stderr)
  assert.match(found[1], /app\.ts$/)
  assert.equal(Number(found[2]), line)
})

test(
  'handles leaked at one line are reported once with a count and once more at the end of the process',
  { timeout: 90_000 },
  () => {
    const { stdout, stderr } = run({ FEARLESS_LEAKS: 'on' }, LOOP)
    assert.equal(stdout, '12\n', stderr)
    const line = LOOP.split('\n').findIndex(text => text.includes('// forgotten here')) + 1
    const reports = [
      ...stderr.matchAll(/^(\d+) handles \(Sender\) created at \S+app\.ts:(\d+):\d+ were garbage-collected/gm),
    ]
    assert.ok(reports.length >= 1 && reports.length <= 2, stderr)
    assert.equal(stderr.split('\n').length - 1, reports.length, stderr)
    assert.deepEqual(reports.at(-1)!.slice(1), ['12', String(line)])
  },
)

test('a leak without FEARLESS_LEAKS is not reported', { timeout: 90_000 }, () => {
  const { stdout, stderr } = run({})
  assert.deepEqual([stdout, stderr], ['collected\n', ''])
})
