/**
 * F1010: a lock is taken and never given back.
 */
import type { Node } from '@fearless/compiler/analysis'
import { holdsOf, type Hold } from '../flow/facts.ts'
import { functionAround } from '../model.ts'
import type { Finding, Help } from '../report/diagnostic.ts'
import type { Rule } from './rule.ts'
import { isIn, label } from './words.ts'

export const unreleased: Rule = {
  code: 'F1010',
  severity: 'error',
  title: 'a guard that is never released',
  page: `A lock is held until its guard is released, and nothing in JavaScript releases a guard by itself. \`using\` does, at the
end of the block and also when something throws.

Refused:

\`\`\`ts
import { Mutex } from 'fearless'
const total = new Mutex(0)
export function add(): void {
  const guard = total.lock().wait()
  guard.value += 1
}
\`\`\`

Way out: \`using\`.

\`\`\`ts
import { Mutex } from 'fearless'
const total = new Mutex(0)
export function add(): void {
  using guard = total.lock().wait()
  guard.value += 1
}
\`\`\`

Way out: let the lock do it.

\`\`\`ts
import { Mutex } from 'fearless'
const total = new Mutex(0)
export function add(): void {
  total.update(n => n + 1).wait()
}
\`\`\`
`,

  *step(effect, before, { file, owner }) {
    if (effect.kind === 'acquire' && effect.hold.guard === undefined && !effect.hold.momentary)
      yield refusal(effect.hold)
    if (effect.kind !== 'end') return
    for (const hold of holdsOf(before)) {
      const { guard } = hold
      if (hold.momentary || guard === undefined || guard.kind === 'using') continue
      const inside = guard.references.every(({ node }) => (functionAround(node) ?? file.program) === owner)
      if (inside && isIn(guard.id, owner) && !guard.exported) yield refusal(hold)
    }
  },
}

function refusal({ guard, node, lock }: Hold): Finding {
  const name = guard?.name
  return {
    message: name ? `the guard \`${name}\` is never released` : 'this guard is never released: nobody has it',
    at: label(guard?.id ?? node, name ? 'still held when the function ends' : 'the lock stays taken'),
    also: guard ? [label(node, `the lock${lock ? ` \`${lock.text}\`` : ''} is taken here`)] : [],
    help: help(guard?.declaration, name, guard?.node),
  }
}

function help(declaration: Node | undefined, name: string | undefined, declarator: Node | undefined): Help {
  if (name === undefined)
    return {
      text: 'give it a name that releases it: `using guard = ...`; or use `update` or `with`, which release by themselves',
    }
  const text = `release it at the end of the block: \`using ${name} = ...\``
  if (declaration?.type !== 'VariableDeclaration' || declaration.declarations.length !== 1 || declarator?.init == null)
    return { text }
  const { start } = declaration
  const edits = [{ start, end: start + String(declaration.kind).length, text: 'using' }]
  return { text, edits, safe: declaration.kind === 'const' }
}
