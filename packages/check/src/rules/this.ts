/**
 * F1007: a thread closure uses the `this`, `super` or `arguments` of the enclosing function.
 */
import { findingOf, refusedAs } from './compiled.ts'
import type { Rule } from './rule.ts'

export const capturedThis: Rule = {
  code: 'F1007',
  severity: 'error',
  title: '`this` is captured by a thread closure',
  page: `\`this\` is an object of this thread, usually with methods; it cannot be in another one. The fields that the
closure needs can.

Refused:

\`\`\`ts
import { move, thread } from 'fearless'
export class Job {
  readonly size = 3
  start(): void {
    thread.spawn(move(() => this.size))
  }
}
\`\`\`

Way out: take the needed field.

\`\`\`ts
import { move, thread } from 'fearless'
export class Job {
  readonly size = 3
  start(): void {
    const { size } = this
    thread.spawn(move(() => size))
  }
}
\`\`\`

Way out: pass it.

\`\`\`ts
import { thread } from 'fearless'
export class Job {
  readonly size = 3
  start(): void {
    thread.spawn(size => size, this.size)
  }
}
\`\`\`
`,

  *file({ file }) {
    for (const refusal of refusedAs('F1007', file)) yield findingOf(refusal)
  },
}
