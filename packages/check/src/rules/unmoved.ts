/**
 * F0373: a closure outlives its function and borrows the function's variables.
 *
 * One finding per closure, because one `move` repairs all its captures.
 */
import { isFunctionLiteral, isStaticName, refusals, unwrap, type Binding } from '@fearless/compiler/analysis'
import type { FileInfo, ThreadClosure } from '../file-info.ts'
import type { Edit, Finding } from '../report/diagnostic.ts'
import { findingOf } from './compiled.ts'
import type { Rule } from './rule.ts'
import { importing } from './words.ts'

export const unmoved: Rule = {
  code: 'F0373',
  severity: 'error',
  title: 'a closure may outlive the current function, but it borrows variables of that function',
  page: `A thread may run longer than the function that started it, so its closure cannot borrow the function's variables: it
must own them. \`move\` makes that visible in the program.

Refused:

\`\`\`ts
import { thread } from 'fearless'
const data = [1, 2, 3]
thread.spawn(() => data.length)
\`\`\`

Way out: move the data to the thread.

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
      const all = borrowed.map(({ node, binding }) => ({ name: binding.name, use: node, declaration: binding.id }))
      for (const each of closure.needs.borrowed)
        if (!borrowed.some(({ binding }) => binding === each.binding)) all.push(each)
      if (all.length > 0) yield refusal(file, closure, all)
    }
  },
}

/**
 * Whether a capture needs a `move`. F1006 covers module state that changes. A constant of the module is copied, unless
 * only this thread can create it. A module's lock is a static.
 */
export function mustBeMoved(file: FileInfo, binding: Binding): boolean {
  if (binding.scope !== file.scopes.module) return true
  if (isStaticName(file.scopes, binding)) return false
  const { way } = file.purity.transferOf(binding)
  return way === 'value' || (way !== 'moving' && file.factsOf(binding)?.crossing !== 'copy')
}

function refusal(file: FileInfo, closure: ThreadClosure, borrowed: readonly refusals.Borrowed[]): Finding {
  const value = unwrap(closure.site.argument)
  const edits: Edit[] = [
    ...importing(file, 'move'),
    { start: value.start, end: value.start, text: 'move(' },
    { start: value.end, end: value.end, text: ')' },
  ]
  const said = refusals.borrowed(value, refusals.headOf(file.text, value), borrowed)
  return {
    ...findingOf(said),
    notes: said.notes ?? [],
    help: { text: said.help, edits, safe: isFunctionLiteral(value) },
  }
}
