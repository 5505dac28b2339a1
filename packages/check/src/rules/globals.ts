/**
 * F1009: a thread closure uses a name that only a page has.
 */
import { inPiece, unwrap, type Binding, type Node } from '@fearless/compiler/analysis'
import type { FileModel } from '../model.ts'
import type { Rule } from './rule.ts'
import { label } from './words.ts'

const PAGE_ONLY = new Set(
  (
    'document window localStorage sessionStorage alert confirm prompt requestAnimationFrame cancelAnimationFrame ' +
    'getComputedStyle matchMedia customElements HTMLElement Element Image Audio DOMParser XMLSerializer MutationObserver ' +
    'IntersectionObserver ResizeObserver visualViewport'
  ).split(' '),
)

export const globals: Rule = {
  code: 'F1009',
  severity: 'error',
  title: 'a name that does not exist in a thread',
  page: `A thread has no page: no \`document\`, no \`window\`, no \`localStorage\`. Only the main thread of a page has.

Refused:

\`\`\`ts
import { thread } from 'fearless'
thread.spawn(() => document.title)
\`\`\`

Way out: read it on the page, and send it.

\`\`\`ts
import { move, thread } from 'fearless'
const title = document.title
thread.spawn(move(() => title.length))
\`\`\`

Way out: send the result back, and show it on the page.

\`\`\`ts
import { thread } from 'fearless'
document.title = await thread.spawn(() => 'done').join()
\`\`\`
`,

  *file({ file }) {
    const said = new Set<Node>()
    for (const { literal, call } of file.closures) {
      if (literal === undefined) continue
      for (const node of pageNamesIn(file, literal)) {
        if (said.has(node)) continue
        said.add(node)
        const within = literal.start <= node.start && node.end <= literal.end
        yield {
          message: `\`${node.name}\` does not exist in a thread`,
          at: label(node, 'only the main thread of a page has it'),
          also: [
            call &&
              label(
                call.callee,
                within
                  ? 'this runs the closure in another thread'
                  : 'this runs a closure in another thread that leads here',
              ),
          ],
          help: { text: `read what is needed before the thread starts, and let the closure take that along` },
        }
      }
    }
  },
}

/** The page's names in a closure and in the functions of this file that it leads to. */
function pageNamesIn(file: FileModel, literal: Node): Node[] {
  const found: Node[] = []
  const seen = new Set<Binding>()
  const pieces = [literal]
  for (const piece of pieces) {
    const references = inPiece(file.scopes.references, piece.start, piece.end)
    const tested = new Set(references.filter(({ node }) => isTested(node)).map(({ node }) => node.name))
    for (const { node, binding } of references) {
      if (binding === undefined) {
        if (PAGE_ONLY.has(node.name) && !tested.has(node.name)) found.push(node)
        continue
      }
      const fn = file.functionOf(binding)
      if (fn === undefined || seen.has(binding)) continue
      seen.add(binding)
      pieces.push(fn)
    }
  }
  return found
}

/** `typeof document`, `globalThis.document` */
const isTested = (node: Node): boolean =>
  node.parent?.type === 'UnaryExpression' && node.parent.operator === 'typeof' && unwrap(node.parent.argument) === node
