/**
 * What a function does, in the order it does it: blocks of events, and which block may follow which.
 *
 * A graph knows names but no types: `effects.ts` says what an event means. Functions inside a function are graphs of
 * their own; where one is made, the outer graph has a `closure` event.
 */
import type { Binding, Node } from '@fearless/compiler/analysis'

/** What a name gets: an expression, or the part of it that a pattern takes. */
export interface Value {
  readonly node: Node
  /** `.rows[0]`; empty for all of it. */
  readonly path: string
}

export type Event =
  /** A name is read. */
  | { kind: 'use'; node: Node; binding: Binding }
  /** A name gets a new value. */
  | { kind: 'assign'; node: Node; binding: Binding; value: Value | undefined }
  /** A part of something gets a new value: `job.bytes = ...`. */
  | { kind: 'fill'; node: Node }
  /** A name comes to life, anew in each turn of a loop. */
  | { kind: 'declare'; node: Node; binding: Binding; value: Value | undefined }
  /** A test has shown that a name has no value here. */
  | { kind: 'absent'; node: Node; binding: Binding }
  /** A function literal is evaluated. */
  | { kind: 'closure'; node: Node }
  | { kind: 'call'; node: Node }
  | { kind: 'await'; node: Node }
  /** A `using` declaration's block ends; `node` is the block. */
  | { kind: 'release'; node: Node; binding: Binding }
  /** A loop over what an expression gives is about to begin. */
  | { kind: 'loop'; node: Node }
  | { kind: 'return'; node: Node; value: Node | undefined }
  | { kind: 'end'; node: Node }

export interface Block {
  readonly index: number
  readonly events: Event[]
  readonly to: Block[]
}

export interface Graph {
  /** The function, the class member or the program. */
  readonly owner: Node
  readonly blocks: readonly Block[]
  readonly entry: Block
  /** Does any way lead to its end? */
  readonly ends: boolean
}
