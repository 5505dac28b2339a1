/** What the checker has to say, before anybody chose how to print it. */

import type { Label, Severity, Span } from '@fearless/compiler/analysis'

export type { Label, Severity, Span }

export interface Edit extends Span {
  readonly text: string
}

export interface Help {
  readonly text: string
  /** How to do it. */
  readonly edits?: readonly Edit[]
  /** May it be done unseen? It changes nothing else. */
  readonly safe?: boolean
}

export interface Diagnostic {
  readonly code: string
  readonly severity: Severity
  readonly file: string
  readonly message: string
  /** Where it is. */
  readonly at: Label
  /** What explains it. */
  readonly also: readonly Label[]
  readonly notes: readonly string[]
  readonly help?: Help
}

/** What a rule says; who runs the rule knows the file, the code and the severity. */
export interface Finding {
  /** Findings with the same words here are one mistake, said at its first place. */
  readonly once?: string
  /** Where a rule has more than one. */
  readonly code?: string
  readonly message: string
  readonly at: Label
  readonly also?: readonly (Label | undefined)[]
  readonly notes?: readonly string[]
  readonly help?: Help
}
