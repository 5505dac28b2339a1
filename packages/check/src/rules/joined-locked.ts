/**
 * F1011: a thread is joined while a lock is held.
 */
import { holdsOf } from '../flow/state.ts'
import type { Rule } from './rule.ts'
import { label } from './words.ts'

export const joinedLocked: Rule = {
  code: 'F1011',
  severity: 'warning',
  title: 'a thread is joined while a lock is held',
  page: `If the joined thread needs the lock, it waits for the lock, and the holder of the lock waits for the thread: a deadlock. If
it does not, every other thread that needs the lock waits for the thread's end.

Refused:

\`\`\`ts
import { Arc, Mutex, move, thread } from 'fearless'
const total = new Arc(new Mutex(0))
export function add(): void {
  const worker = thread.spawn(move(() => total.update(n => n + 1).wait()))
  using guard = total.lock().wait()
  worker.join().wait()
  guard.value += 1
}
\`\`\`

Way out: join first.

\`\`\`ts
import { Arc, Mutex, move, thread } from 'fearless'
const total = new Arc(new Mutex(0))
export function add(): void {
  const worker = thread.spawn(move(() => total.update(n => n + 1).wait()))
  worker.join().wait()
  using guard = total.lock().wait()
  guard.value += 1
}
\`\`\`

Way out: release the lock first.

\`\`\`ts
import { Arc, Mutex, drop, move, thread } from 'fearless'
const total = new Arc(new Mutex(0))
export function add(): void {
  const worker = thread.spawn(move(() => total.update(n => n + 1).wait()))
  const guard = total.lock().wait()
  guard.value += 1
  drop(guard)
  worker.join().wait()
}
\`\`\`
`,

  *step(effect, before) {
    // A task of this event loop cannot be joined by blocking, and F1001 covers an `await`.
    if (effect.kind !== 'join' || !effect.blocks || effect.join.of === 'task') return
    const [hold] = holdsOf(before)
    if (hold === undefined) return
    const what = hold.guard ? `\`${hold.guard.name}\`` : 'the lock'
    yield {
      message: `a thread is joined while ${hold.lock ? `the lock \`${hold.lock.text}\`` : 'a lock'} is held`,
      at: label(effect.node, 'if the joined thread needs the lock, both wait for ever'),
      also: [label(hold.guard?.id ?? hold.node, 'the lock is taken here')],
      help: { text: `join before ${what} is taken, or release it first` },
    }
  },
}
