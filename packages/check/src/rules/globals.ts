/**
 * F1009: a thread closure uses a global that only a page has.
 */
import { findingOf, refusedAs } from './compiled.ts'
import type { Rule } from './rule.ts'

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
    for (const refusal of refusedAs('F1009', file)) yield findingOf(refusal)
  },
}
