/**
 * F1008: a lock is acquired while the same function holds it.
 */
import { holdsOf } from '../flow/state.ts'
import type { Rule } from './rule.ts'
import { label } from './words.ts'

export const relock: Rule = {
  code: 'F1008',
  severity: 'error',
  title: 'a lock is taken again while its guard is alive',
  page: `A \`Mutex\` does not record its holder. Code that holds the guard and takes the lock again waits for its own guard, for
ever.

Refused:

\`\`\`ts
import { Mutex } from 'fearless'
const total = new Mutex(0)
export function add(): void {
  using guard = total.lock().wait()
  total.update(n => n + 1).wait()
  guard.value += 1
}
\`\`\`

Way out: use the existing guard.

\`\`\`ts
import { Mutex } from 'fearless'
const total = new Mutex(0)
export function add(): void {
  using guard = total.lock().wait()
  guard.value += 2
}
\`\`\`

Way out: release it first.

\`\`\`ts
import { Mutex } from 'fearless'
const total = new Mutex(0)
export function add(): void {
  {
    using guard = total.lock().wait()
    guard.value += 1
  }
  total.update(n => n + 1).wait()
}
\`\`\`
`,

  *step(effect, before) {
    if (effect.kind !== 'acquire' || effect.hold.tries) return
    const { lock, node, reads, through } = effect.hold
    const held = holdsOf(before).find(
      hold => hold.lock !== undefined && hold.lock.id === lock?.id && !(hold.reads && reads) && !hold.again,
    )
    if (held === undefined || lock === undefined) return
    const what = held.guard ? `its guard \`${held.guard.name}\`` : 'it'
    const again = held.node === node
    yield {
      message: `\`${lock.text}\` is locked again while ${held.guard ? 'its guard is alive' : 'it is held'}`,
      at: label(
        node,
        again
          ? 'locked again here, in the next iteration of the loop'
          : through
            ? `\`${through.name}\` locks it here`
            : 'this waits for ever',
      ),
      also: [
        again
          ? undefined
          : label(
              held.guard?.id ?? held.node,
              held.guard ? `\`${held.guard.name}\` holds it from here on` : 'it is held from here on',
            ),
      ],
      help: { text: `use the existing guard, or release ${what} first: put it in a block of its own, or \`drop\` it` },
    }
  },
}
