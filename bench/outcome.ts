/** The result that a cell's process reports to the harness. */
import type { Reading } from './rows/row.ts'

export type Outcome =
  | { readonly kind: 'measured'; readonly reading: Reading }
  /** The contender cannot express the row. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'wrong'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'hang'; readonly message: string }

/** The marker before the outcome in the output of a cell's process, which may contain other text. */
export const MARKER = '@bench '
