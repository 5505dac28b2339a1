/**
 * F0594: a thread closure changes what it captured, and nobody would see it.
 *
 * A `move` closure owns plain data and may change it. One that borrows has a read-only copy, and neither may assign to a
 * variable of the function around it.
 */
import { inPiece, memberName, outermost, unwrap, type Binding, type Node } from '@fearless/compiler/analysis'
import type { FileModel, ThreadClosure } from '../model.ts'
import type { Finding } from '../report/diagnostic.ts'
import { findingOf, refusedAs } from './compiled.ts'
import type { Rule } from './rule.ts'
import { headOf, label, takerName } from './words.ts'

const CHANGING = new Set(
  'push pop shift unshift splice sort reverse fill copyWithin set delete clear add append'.split(' '),
)

export const assigned: Rule = {
  code: 'F0594',
  severity: 'error',
  title: 'a thread closure changes its own copy of a variable',
  page: `A closure that runs in another thread has its own copy of the variables it uses. Assigning to one changes only that
copy, and a closure that merely borrows its surroundings sees plain data as a copy too: what it pushes or sets is lost.

Refused:

\`\`\`ts
import { move, thread } from 'fearless'
let count = 0
await thread.spawn(move(() => { count += 1 })).join()
\`\`\`

Way out: return the new value.

\`\`\`ts
import { thread } from 'fearless'
let count = 0
count += await thread.spawn(() => 1).join()
console.log(count)
\`\`\`

Way out: share it, behind a lock or as an atomic.

\`\`\`ts
import { Arc, AtomicI32, move, thread } from 'fearless'
const count = new Arc(new AtomicI32(0))
await thread.spawn(move(() => count.fetchAdd(1))).join()
\`\`\`
`,

  *file({ file }) {
    for (const refusal of refusedAs('F0594', file)) yield findingOf(refusal)
    for (const closure of file.closures) {
      if (!closure.site.borrows || closure.moved || closure.literal === undefined) continue
      for (const { binding } of closure.captures) {
        const change = changeIn(file, closure.literal, binding)
        if (change !== undefined) yield lost(file, closure, binding, change)
      }
    }
  },
}

function lost(file: FileModel, closure: ThreadClosure, binding: Binding, change: Node): Finding {
  const { name } = binding
  return {
    message: `cannot change \`${name}\` inside a thread closure: only this thread's copy would change`,
    at: label(change, `\`${name}\` is changed here`),
    also: [
      label(headOf(file, closure.literal!), `this closure runs in another thread, by \`${takerName(file, closure)}\``),
      label(binding.id, `\`${name}\` is declared here`),
    ],
    help: { text: 'return what is new and put it together here; or share it: `new Arc(new Mutex(...))`' },
  }
}

/** The first place in a closure that changes plain data it did not make. */
function changeIn(file: FileModel, literal: Node, binding: Binding): Node | undefined {
  const facts = file.factsOf(binding)
  if (facts === undefined || facts.crossing !== 'moved' || facts.name !== undefined) return undefined
  for (const { node, binding: named } of inPiece(file.scopes.references, literal.start, literal.end)) {
    if (named !== binding) continue
    const path = memberOf(node)
    if (path === undefined) continue
    const { parent } = outermost(path)
    if (parent?.type === 'AssignmentExpression' && parent.left === path) return path
    if (parent?.type === 'UpdateExpression') return path
    if (parent?.type === 'UnaryExpression' && parent.operator === 'delete') return path
    if (parent?.type === 'CallExpression' && unwrap(parent.callee) === path && CHANGING.has(memberName(path) ?? ''))
      return path
  }
  return undefined
}

/** The whole `a.b[c]` that starts with a name. */
function memberOf(node: Node): Node | undefined {
  let found: Node | undefined
  for (let at = outermost(node); at.parent?.type === 'MemberExpression' && at.parent.object === at;)
    at = outermost((found = at.parent))
  return found
}
