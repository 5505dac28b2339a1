/**
 * The refusals of @fearless/compiler, which cuts closures out of their files, reported before a build.
 *
 * A refusal about ownership belongs to a rule with its own code and page. This rule reports the others.
 */
import type { Refusal } from '@fearless/compiler/analysis'
import type { Finding } from '../report/diagnostic.ts'
import type { FileInfo } from '../file-info.ts'
import type { Rule } from './rule.ts'

export function* refusedAs(code: string, file: FileInfo): Generator<Refusal> {
  for (const refusal of file.refusals) if (refusal.code === code) yield refusal
}

export const findingOf = ({ message, at, also, help }: Refusal): Finding => ({
  message,
  at,
  also,
  help: { text: help },
})

/** Whether a code is the compiler's alone. All other codes have their own rules. */
export const isCompiled = (code: string): boolean => /^FL(?:1002|1006|1007|1008|1009|1010|1011|1012|2001)$/.test(code)

export const compiled: Rule = {
  code: 'FL1000',
  severity: 'error',
  title: 'a closure that the compiler cannot cut out of its file',
  page: `A thread's closure becomes a module of its own, so the compiler must see its text and its captures. It refuses, each with
a code of its own: a generator (FL1002), a namespace (FL1006), a class that runs code where it is declared
(FL1007), two variables of one name (FL1008), a method (FL1009), direct \`eval\` (FL1010), a closure that is not written at
the call (FL1011), a file that is nested too deeply (FL1012), and an import of the program's entry (FL2001).

Refused:

\`\`\`ts
import { thread } from 'fearless'
const fast = true
thread.spawn(fast ? () => 1 : () => 2)
\`\`\`

Way out: write the choice inside the closure.

\`\`\`ts
import { thread } from 'fearless'
const fast = true
thread.spawn(() => 1 + (fast ? 1 : 2))
\`\`\`

Way out: mark the function where it is made.

\`\`\`ts
import { closure, thread } from 'fearless'
const fast = true
const start = (job: () => number) => thread.spawn(job)
start(fast ? closure(() => 1) : closure(() => 2))
\`\`\`
`,

  *file({ file }) {
    for (const refusal of file.refusals)
      if (isCompiled(refusal.code)) yield { ...findingOf(refusal), code: refusal.code }
  },
}
