/**
 * The data-flow domain: facts, and the effects that generate and kill them.
 *
 * A fact may hold on some path to a location, so the join of two paths is a union. Each location that generates a fact
 * generates one object, and sets compare facts by identity.
 */
import type { Binding, Node } from '@fearless/compiler/analysis'
import type { Join } from './joins.ts'

export interface Move {
  readonly binding: Binding
  /** The use of the name that moves it: in the closure, or as an argument. */
  readonly node: Node
  /** The closure or the call that receives it. */
  readonly taker: Node
  readonly how: 'closure' | 'argument' | 'send' | 'drop' | 'owner' | 'call' | 'join'
  /** The called function that moves it. */
  readonly through?: Node
  /** The call that runs the enclosing closure repeatedly. */
  readonly repeated?: Node
  /** The enclosing closure is called later or never, so the code that follows still has the value. */
  readonly later?: boolean
}

/** A move of a part of a variable: `tx.send(job.bytes)`. */
export interface PartMove {
  readonly binding: Binding
  readonly path: string
  /** The expression that moves the part, or the alias of the part. */
  readonly node: Node
  readonly how: Move['how']
}

export interface Lock {
  /** Equal for two expressions that certainly refer to the same lock. */
  readonly id: string
  readonly text: string
  /** The parameter through which the lock is reached. The caller knows the argument. */
  readonly param?: { index: number; path: string }
}

export interface Hold {
  readonly lock: Lock | undefined
  readonly node: Node
  readonly guard: Binding | undefined
  /** Several threads may hold it at the same time. */
  readonly reads: boolean
  /** Its holder may acquire it again. */
  readonly again: boolean
  /** The acquisition fails if the lock is held; it never waits. */
  readonly tries: boolean
  /** It is held only while the call runs. */
  readonly momentary: boolean
  readonly through?: Node
}

export interface Borrow {
  readonly holder: Binding
  readonly of: Binding
  readonly node: Node
  /** `part`: an alias of a part of the variable. */
  readonly why: 'closure' | 'alias' | 'guard' | 'guarded' | 'part'
  readonly path?: string
}

export interface Release {
  readonly binding: Binding
  readonly node: Node
  readonly how: 'scope' | 'drop'
}

export type Effect =
  | { kind: 'read'; binding: Binding; node: Node; through?: Node }
  | { kind: 'move'; move: Move; fact: Fact }
  | { kind: 'fresh'; binding: Binding; node: Node }
  | { kind: 'part'; part: PartMove; fact: Fact }
  /** A part is assigned. */
  | { kind: 'fill'; binding: Binding; path: string }
  /** The elements of a part may have been reordered or replaced. */
  | { kind: 'shuffle'; binding: Binding; path: string }
  | { kind: 'borrow'; borrow: Borrow; fact: Fact }
  | { kind: 'acquire'; hold: Hold; fact: Fact | undefined }
  | { kind: 'release'; release: Release }
  /** The guard belongs to other code from this location on, or it is absent. */
  | { kind: 'escape'; binding: Binding }
  | { kind: 'await'; node: Node; joins: readonly Join[] }
  /** A thread or a task is joined: here, or where a caller waits for this function. */
  | { kind: 'join'; node: Node; join: Join; blocks: boolean }
  | { kind: 'loop'; node: Node }
  | { kind: 'return'; node: Node; value: Node | undefined }
  | { kind: 'end'; node: Node }
  /** Control ends here. */
  | { kind: 'stop' }

export type Fact =
  | { kind: 'moved'; binding: Binding; move: Move }
  | { kind: 'gone'; part: PartMove }
  | { kind: 'held'; hold: Hold }
  | { kind: 'borrowed'; borrow: Borrow }
  /** The place that `borrow.holder` borrows is moved or released. */
  | { kind: 'broken'; borrow: Borrow; by: Move | Release }
