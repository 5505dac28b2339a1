/**
 * A control-flow graph: basic blocks of events, and their successors.
 *
 * A graph contains names and no types: `effects.ts` gives an event its meaning. A nested function has its own graph,
 * and the outer graph has a `closure` event where the function is created.
 */
import type { Binding, Node } from '@fearless/compiler/analysis'

/** The value of a name: an expression, or the part of it that a pattern selects. */
export interface Value {
  readonly node: Node
  /** `.rows[0]`; empty for the whole expression. */
  readonly path: string
}

export type Event =
  /** A name is read. */
  | { kind: 'use'; node: Node; binding: Binding }
  /** A name is assigned. */
  | { kind: 'assign'; node: Node; binding: Binding; value: Value | undefined }
  /** A part of a variable is assigned: `job.bytes = ...`. */
  | { kind: 'fill'; node: Node }
  /** A name is declared, again in each iteration of a loop. */
  | { kind: 'declare'; node: Node; binding: Binding; value: Value | undefined }
  /** A test has shown that a name has no value here. */
  | { kind: 'absent'; node: Node; binding: Binding }
  /** A function literal is evaluated. */
  | { kind: 'closure'; node: Node }
  | { kind: 'call'; node: Node }
  | { kind: 'await'; node: Node }
  /** A `using` declaration's block ends; `node` is the block. */
  | { kind: 'release'; node: Node; binding: Binding }
  /** A loop over an expression's value begins. */
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
  /** Whether the end is reachable. */
  readonly ends: boolean
}
