/** What a cell's process tells the harness. */
import type { Reading } from './rows/row.ts'

export type Outcome =
  | { readonly kind: 'measured'; readonly reading: Reading }
  /** The contender cannot express the row. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'wrong'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'hang'; readonly message: string }

/** Stands before the outcome in the output of a cell's process, among whatever else is printed there. */
export const MARKER = '@bench '
