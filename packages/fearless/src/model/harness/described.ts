/**
 * The description of the models of one file: their programs, their limits, and the planted bugs that they must find.
 */

export interface ModelFile<Life> {
  /** The source file under test. */
  readonly source: string
  /** The module of the library that the programs get. */
  readonly entry: string
  readonly models: readonly DescribedModel<Life>[]
}

export interface DescribedModel<Life> {
  readonly name: string
  /** The number of threads. */
  readonly threads: number
  /** The number of operations of each thread. */
  readonly operations: number
  program(life: Life): () => void
  /** The bound of the search: the largest number of preemptions. */
  readonly preemptions?: number
  /** Present if only the deep run explores this model. */
  readonly deep?: true
  readonly twins?: readonly Twin[]
}

/** A planted bug: the model must fail over sources with this change. */
export interface Twin {
  readonly name: string
  readonly file: string
  /** A text that occurs exactly once in the file. */
  readonly from: string
  /** The text that replaces it. */
  readonly to: string
}
