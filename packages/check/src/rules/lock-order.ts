/** F1005: two locks are acquired in opposite orders, which `LockOrders` finds over all files. */
import type { Rule } from './rule.ts'

export const lockOrder: Rule = {
  code: 'F1005',
  severity: 'error',
  title: 'two locks are taken in both orders',
  page: `One thread holds \`a\` and waits for \`b\`; another holds \`b\` and waits for \`a\`. Both wait for ever. If all code takes
the locks in one order, this cannot happen.

Refused:

\`\`\`ts
import { Mutex } from 'fearless'
const a = new Mutex(0)
const b = new Mutex(0)
export function there(): void {
  using x = a.lock().wait()
  using y = b.lock().wait()
  y.value += x.value
}
export function back(): void {
  using y = b.lock().wait()
  using x = a.lock().wait()
  x.value += y.value
}
\`\`\`

Way out: take them in one order everywhere.

\`\`\`ts
import { Mutex } from 'fearless'
const a = new Mutex(0)
const b = new Mutex(0)
export function there(): void {
  using x = a.lock().wait()
  using y = b.lock().wait()
  y.value += x.value
}
export function back(): void {
  using x = a.lock().wait()
  using y = b.lock().wait()
  x.value += y.value
}
\`\`\`

Way out: put both values behind one lock.

\`\`\`ts
import { Mutex } from 'fearless'
const both = new Mutex({ a: 0, b: 0 })
export function there(): void {
  using it = both.lock().wait()
  it.value = { a: it.value.a, b: it.value.a + it.value.b }
}
\`\`\`
`,

  step(effect, before, { file, orders }) {
    orders.see(file, effect, before)
    return []
  },
}
