/**
 * F0373: a closure that outlives its function uses what only that function owns.
 *
 * One finding per closure: one `move` answers for all that it names.
 */
import { isFunctionLiteral, unwrap, type Binding } from '@fearless/compiler/analysis'
import type { FileModel, ThreadClosure } from '../model.ts'
import type { Edit, Finding } from '../report/diagnostic.ts'
import type { Rule } from './rule.ts'
import { headOf, importing, label, quoted } from './words.ts'

export const unmoved: Rule = {
  code: 'F0373',
  severity: 'error',
  title: 'a closure may outlive the current function, but it borrows what that function owns',
  page: `A thread may run longer than the function that started it, so its closure cannot borrow what that function owns: the
closure must take it along. \`move\` says so where everybody can read it.

Refused:

\`\`\`ts
import { thread } from 'fearless'
const data = [1, 2, 3]
thread.spawn(() => data.length)
\`\`\`

Way out: give the data to the thread.

\`\`\`ts
import { move, thread } from 'fearless'
const data = [1, 2, 3]
thread.spawn(move(() => data.length))
\`\`\`

Way out: let the threads end before the function does. A scope waits for them, so they may borrow.

\`\`\`ts
import { thread } from 'fearless'
const data = [1, 2, 3]
await thread.scope(s => {
  s.spawn(() => data.length)
})
\`\`\`
`,

  *file({ file }) {
    for (const closure of file.closures) {
      if (closure.moved || closure.site.borrows) continue
      const borrowed = closure.captures.filter(({ binding }) => mustBeMoved(file, binding))
      if (borrowed.length > 0) yield refusal(file, closure, borrowed)
    }
  },
}

/** Module state that changes is refused as such; a primitive constant of the module is a copy. */
export function mustBeMoved(file: FileModel, binding: Binding): boolean {
  if (binding.scope !== file.scopes.module) return true
  return file.purity.wayOf(binding).way !== 'moving' && file.factsOf(binding)?.crossing !== 'copy'
}

function refusal(file: FileModel, closure: ThreadClosure, borrowed: ThreadClosure['captures']): Finding {
  const [{ binding, node }] = borrowed
  const { name } = binding
  const others = borrowed.slice(1)
  const value = unwrap(closure.site.argument)
  const edits: Edit[] = [
    ...importing(file, 'move'),
    { start: value.start, end: value.start, text: 'move(' },
    { start: value.end, end: value.end, text: ')' },
  ]
  return {
    message: `closure may outlive the current function, but it borrows \`${name}\`, which is owned by the current function`,
    at: label(headOf(file, closure.literal ?? value), `may outlive borrowed value \`${name}\``),
    also: [label(node, `\`${name}\` is borrowed here`), label(binding.id, `\`${name}\` is declared here`)],
    notes: others.length > 0 ? [`it borrows ${quoted(others.map(other => other.binding.name))} as well`] : [],
    help: {
      text: `to give the thread ownership of \`${name}\`${others.length > 0 ? ' and of everything else it uses' : ''}, wrap the closure: \`move(${shape(value)})\``,
      edits,
      safe: isFunctionLiteral(value),
    },
  }
}

function shape(value: { type: string; async?: boolean }): string {
  return value.type === 'Identifier' ? '...' : `${value.async ? 'async ' : ''}() => ...`
}
