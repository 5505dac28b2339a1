/**
 * What the compiler refuses when it cuts a closure out of its file, said before anything is built.
 *
 * Its codes that are about ownership have a rule of their own here (`taken`); the others keep the compiler's code.
 */
import type { Refusal } from '@fearless/compiler/analysis'
import type { Finding } from '../report/diagnostic.ts'
import type { FileModel } from '../model.ts'
import type { Rule } from './rule.ts'
import { label } from './words.ts'

export const TAKEN: Readonly<Record<string, string>> = {
  F0373: 'F0373',
  FL1001: 'F1007',
  FL1003: 'F0594',
  FL1004: 'F1006',
  FL1005: 'F1006',
}

/** The compiler's refusals that a rule of ours speaks for. */
export function* refusedAs(code: string, file: FileModel): Generator<Refusal> {
  for (const refusal of file.refusals) if (TAKEN[refusal.code] === code) yield refusal
}

export function findingOf({ message, at, note, help }: Refusal): Finding {
  return {
    message,
    at: label(at, at.label),
    also: [note && note.start !== at.start ? label(note, note.label) : undefined],
    help: { text: help },
  }
}

export const compiled: Rule = {
  code: 'FL1000',
  severity: 'error',
  title: 'a closure that the compiler cannot cut out of its file',
  page: `A thread's closure becomes a module of its own, so the compiler must be able to see what it is and what it needs. It
refuses, each with a code of its own: a generator (FL1002), a namespace (FL1006), a class that runs code where it is declared
(FL1007), two variables of one name (FL1008), a method (FL1009), direct \`eval\` (FL1010), and a closure that is not written at
the call (FL1011).

Refused:

\`\`\`ts
import { thread } from 'fearless'
declare const fast: boolean
thread.spawn(fast ? () => 1 : () => 2)
\`\`\`

Way out: write the choice inside the closure.

\`\`\`ts
import { thread } from 'fearless'
declare const fast: boolean
thread.spawn(() => 1 + (fast ? 1 : 2))
\`\`\`
`,

  *file({ file }) {
    for (const refusal of file.refusals)
      if (TAKEN[refusal.code] === undefined) yield { ...findingOf(refusal), code: refusal.code }
  },
}
