/** What a file of models says: what is explored, how far, and which planted bugs must be found. */

export interface Described<Life> {
  /** The file it is about. */
  readonly of: string
  /** The module of the library that its programs get. */
  readonly entry: string
  readonly models: readonly Model<Life>[]
}

export interface Model<Life> {
  readonly name: string
  /** How many threads take part. */
  readonly threads: number
  /** How many operations each of them does. */
  readonly operations: number
  program(life: Life): () => void
  /** Explored only as far as executions in which a running thread is interrupted at most so often. */
  readonly preemptions?: number
  /** Only in the long run. */
  readonly deep?: true
  readonly twins?: readonly Twin[]
}

/** The same program over sources with a bug: it must fail. */
export interface Twin {
  readonly name: string
  readonly file: string
  /** This text, which is there once, */
  readonly from: string
  /** becomes this one. */
  readonly to: string
}
