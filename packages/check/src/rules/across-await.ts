/**
 * F1001: a lock is held across an `await` of another wait.
 */
import { guardOf, METHODS, methodsWhere } from '../api.ts'
import { holdsOf } from '../flow/state.ts'
import type { Rule } from './rule.ts'
import { awaited, label } from './words.ts'

/** Methods that `lockAll` can replace. */
const LOCKING = methodsWhere(
  row => row.waits && !row.ends && (guardOf(row) === 'exclusive' || guardOf(row) === 'shared'),
)

export const acrossAwait: Rule = {
  code: 'F1001',
  severity: 'warning',
  title: 'a lock guard is held across an await',
  page: `At an \`await\` other code of this thread runs. If it wants the same lock it waits for the guard, and the guard waits for
it: a deadlock that shows only when the timing is right. Every other thread waits as long as the \`await\` takes, too.

Refused:

\`\`\`ts
import { Mutex, sleep } from 'fearless'
const total = new Mutex(0)
{
  using guard = await total.lock()
  await sleep(100)
  guard.value += 1
}
\`\`\`

Way out: wait first, and lock for the moment of the change.

\`\`\`ts
import { Mutex, sleep } from 'fearless'
const total = new Mutex(0)
await sleep(100)
{
  using guard = await total.lock()
  guard.value += 1
}
\`\`\`

Way out: release before the \`await\`, with a block of its own or with \`drop\`.

\`\`\`ts
import { Mutex, drop, sleep } from 'fearless'
const total = new Mutex(0)
const guard = await total.lock()
guard.value += 1
drop(guard)
await sleep(100)
\`\`\`

Way out: take several locks at once, which holds none of them while it waits.

\`\`\`ts
import { Mutex, lockAll } from 'fearless'
const from = new Mutex(1)
const to = new Mutex(2)
{
  using both = await lockAll(from, to)
  both[1].value += both[0].value
}
\`\`\`
`,

  *step(effect, before, { file }) {
    if (effect.kind !== 'await') return
    const operand = effect.node.type === 'AwaitExpression' ? awaited(effect.node.argument) : undefined
    // A Condvar releases its guard argument while it waits.
    const lent =
      operand?.type === 'CallExpression'
        ? operand.arguments[METHODS.get(file.methodOf(operand) ?? '')?.returns ?? -1]
        : undefined
    const held = holdsOf(before).filter(
      ({ momentary, guard }) => !momentary && (lent === undefined || guard?.name !== lent.name),
    )
    if (held.length === 0) return
    const [hold] = held
    const what = hold.guard ? `\`${hold.guard.name}\`` : 'a guard'
    const joins = effect.joins.some(({ of }) => of === 'thread')
    const at = effect.node.type === 'AwaitExpression' ? effect.node : effect.node.right
    const locks = operand?.type === 'CallExpression' && LOCKING.has(file.methodOf(operand) ?? '')
    yield {
      message: 'lock guard held across an `await`',
      at: label(at, `${what} is held while this waits`),
      also: [label(hold.guard?.id ?? hold.node, `the lock${hold.lock ? ` \`${hold.lock.text}\`` : ''} is taken here`)],
      notes: joins ? ['the thread that is joined may itself need this lock'] : [],
      help: {
        text: locks
          ? `take both at once: \`using both = await lockAll(...)\`; or release ${what} first`
          : `release ${what} first: put it in a block of its own, or \`drop\` it before the \`await\``,
      },
    }
  },
}
