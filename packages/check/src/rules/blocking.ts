/**
 * F1002: `.wait()` blocks a thread whose event loop other code needs.
 */
import { unwrap, type Node } from '@fearless/compiler/analysis'
import { METHODS } from '../api.ts'
import { contains, functionAround } from '../syntax/functions.ts'
import type { Rule } from './rule.ts'
import { label } from './words.ts'

export const blocking: Rule = {
  code: 'F1002',
  severity: 'warning',
  title: 'blocks inside an async function or on a page',
  page: `\`.wait()\` blocks the whole thread. In an \`async\` function that delays every other task of its event loop; on a page
it freezes the page, and throws \`BlockingError\`. \`await\` gives the event loop back.

Refused:

\`\`\`ts
import { mpsc } from 'fearless'
const [tx, rx] = mpsc.channel<string>()
export async function next(): Promise<string> {
  tx.send('hi')
  return rx.recv().wait()
}
\`\`\`

Way out: yield.

\`\`\`ts
import { mpsc } from 'fearless'
const [tx, rx] = mpsc.channel<string>()
export async function next(): Promise<string> {
  tx.send('hi')
  return await rx.recv()
}
\`\`\`

Way out: do not wait at all.

\`\`\`ts
import { mpsc } from 'fearless'
const [tx, rx] = mpsc.channel<string>()
export async function next(): Promise<string | undefined> {
  tx.send('hi')
  return rx.recv().try()
}
\`\`\`
`,

  *file({ file, page }) {
    for (const { node: call } of file.scopes.calls) {
      if (!METHODS.get(file.methodOf(call) ?? '')?.blocks) continue
      const fn = functionAround(call)
      const inThread = file.closures.some(({ literal }) => literal !== undefined && contains(literal, call))
      if (!fn?.async && !(page && !inThread)) continue
      const callee = unwrap(call.callee)
      const plain = call.arguments.length === 0
      const recipe = file.text.slice(callee.object.start, callee.object.end)
      const short = recipe.length <= 40 && !recipe.includes('\n') ? recipe : '...'
      yield {
        message: fn?.async ? '`.wait()` blocks inside an async function' : '`.wait()` blocks the page',
        at: label({ start: callee.property.start, end: call.end }, 'this blocks the whole thread'),
        also: fn?.async ? [label({ start: fn.start, end: headEnd(file.text, fn) }, 'this function is async')] : [],
        help: {
          text: fn?.async
            ? `yield instead: \`await ${short}${plain ? '' : '.within(...)'}\``
            : 'yield instead, in an async function: `await` it',
          ...(fn?.async &&
            plain && {
              edits: [
                { start: call.start, end: call.start, text: '(await ' },
                { start: callee.object.end, end: call.end, text: ')' },
              ],
            }),
        },
      }
    }
  },
}

const headEnd = (text: string, fn: Node): number => fn.start + text.slice(fn.start, fn.body.start).trimEnd().length
