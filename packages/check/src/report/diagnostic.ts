/** Diagnostics, independent of their output format. */

import type { Label, Severity, Span } from '@fearless/compiler/analysis'

export type { Label, Severity, Span }

export interface Edit extends Span {
  readonly text: string
}

export interface Help {
  readonly text: string
  /** The edits that make the repair. */
  readonly edits?: readonly Edit[]
  /** The edits may be applied without review, because they have no other effect. */
  readonly safe?: boolean
}

export interface Diagnostic {
  readonly code: string
  readonly severity: Severity
  readonly file: string
  readonly message: string
  /** The location of the mistake. */
  readonly at: Label
  /** Other locations that explain it. */
  readonly also: readonly Label[]
  readonly notes: readonly string[]
  readonly help?: Help
}

/** A rule's result. Its runner adds the file, the code and the severity. */
export interface Finding {
  /** Findings with an equal text are one mistake, reported at the first location. */
  readonly once?: string
  /** The code, if the rule has several. */
  readonly code?: string
  readonly message: string
  readonly at: Label
  readonly also?: readonly (Label | undefined)[]
  readonly notes?: readonly string[]
  readonly help?: Help
}

/** The result of checking a project. */
export interface Result {
  readonly diagnostics: readonly Diagnostic[]
  /** The number of the project's files, and of those that mention the library. */
  readonly files: number
  readonly looked: number
}
