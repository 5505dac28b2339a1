/**
 * F0597: a value that was borrowed through a guard is used after the guard's release.
 */
import type { Move, Release } from '../flow/facts.ts'
import { brokenBorrowsOf } from '../flow/state.ts'
import type { Rule } from './rule.ts'
import { label } from './words.ts'

export const outlived: Rule = {
  code: 'F0597',
  severity: 'error',
  title: 'a guard does not live long enough',
  page: `The value of a guard may be used only while the guard is alive. Kept in a variable that lives longer, it would be read or
changed without the lock.

Refused:

\`\`\`ts
import { Mutex } from 'fearless'
const list = new Mutex([1, 2, 3])
let values: number[] = []
{
  using guard = await list.lock()
  values = guard.value
}
console.log(values.length)
\`\`\`

Way out: take a copy out.

\`\`\`ts
import { Mutex } from 'fearless'
const list = new Mutex([1, 2, 3])
let values: number[] = []
{
  using guard = await list.lock()
  values = [...guard.value]
}
console.log(values.length)
\`\`\`

Way out: do the work while the guard lives.

\`\`\`ts
import { Mutex } from 'fearless'
const list = new Mutex([1, 2, 3])
console.log(await list.with(values => values.length))
\`\`\`
`,

  *step(effect, before, { file }) {
    if (effect.kind !== 'read') return
    for (const { borrow, by } of brokenBorrowsOf(before, effect.binding)) {
      if (!isScopeEnd(by)) continue
      const { name } = borrow.of
      const part = file.text.slice(borrow.node.start, borrow.node.end)
      yield {
        message: `\`${name}\` does not live long enough`,
        at: label(borrow.node, 'borrowed value does not live long enough'),
        also: [
          label(borrow.of.id, `binding \`${name}\` declared here`),
          label({ start: by.node.end - 1, end: by.node.end }, `\`${name}\` released here while still borrowed`),
          label(effect.node, 'borrow later used here'),
        ],
        help: { text: `copy the needed part while \`${name}\` lives: \`structuredClone(${part})\`` },
      }
    }
  },
}

const isScopeEnd = (by: Move | Release): by is Release => by.how === 'scope'
