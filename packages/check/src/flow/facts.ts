/**
 * What an event does to what is known, and what is known.
 *
 * Facts only ever say what may be true on some way to here, so joining two ways is a union. A fact is made once per place
 * that makes it; sets compare it by identity.
 */
import type { Binding, Node } from '@fearless/compiler/analysis'
import type { Join } from './joins.ts'
import { isWithin } from './place.ts'
import type { State } from './state.ts'

export type { State } from './state.ts'

export interface Move {
  readonly binding: Binding
  /** The name where it is given away: in the closure, or as an argument. */
  readonly node: Node
  /** The closure or the call that takes it. */
  readonly taker: Node
  readonly how: 'closure' | 'argument' | 'send' | 'drop' | 'owner' | 'call' | 'join'
  /** The function that is called and does it. */
  readonly through?: Node
  /** The call that runs the closure around it many times. */
  readonly repeated?: Node
  /** The closure around it is called later, or never: what follows has the value still. */
  readonly later?: boolean
}

/** A part of something is given away: `tx.send(job.bytes)`. */
export interface PartMove {
  readonly binding: Binding
  readonly path: string
  /** The part where it is given away; the other name, if it had one. */
  readonly node: Node
  readonly how: Move['how']
}

export interface Lock {
  /** Equal for two expressions that are certainly the same lock. */
  readonly id: string
  readonly text: string
  /** The parameter it is reached from: whoever calls knows what it is. */
  readonly param?: { index: number; path: string }
}

export interface Hold {
  readonly lock: Lock | undefined
  readonly node: Node
  readonly guard: Binding | undefined
  /** Several may have it at a time. */
  readonly reads: boolean
  /** Its holder may take it again. */
  readonly again: boolean
  /** It is tried, not waited for. */
  readonly tries: boolean
  /** Only while the call runs. */
  readonly momentary: boolean
  readonly through?: Node
}

export interface Borrow {
  readonly holder: Binding
  readonly of: Binding
  readonly node: Node
  /** `part`: a second name for a part of it. */
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
  /** A part has a new value. */
  | { kind: 'fill'; binding: Binding; path: string }
  /** The elements of a part may be elsewhere in it, or others. */
  | { kind: 'shuffle'; binding: Binding; path: string }
  | { kind: 'borrow'; borrow: Borrow; fact: Fact }
  | { kind: 'acquire'; hold: Hold; fact: Fact | undefined }
  | { kind: 'release'; release: Release }
  /** The guard is somebody else's from here on, or there is none. */
  | { kind: 'escape'; binding: Binding }
  | { kind: 'await'; node: Node; joins: readonly Join[] }
  /** Somebody waits for a thread or a task: here, or where the function around is waited for. */
  | { kind: 'join'; node: Node; join: Join; blocks: boolean }
  | { kind: 'loop'; node: Node }
  | { kind: 'return'; node: Node; value: Node | undefined }
  | { kind: 'end'; node: Node }
  /** Nothing comes after it. */
  | { kind: 'stop' }

export type Fact =
  | { kind: 'moved'; binding: Binding; move: Move }
  | { kind: 'gone'; part: PartMove }
  | { kind: 'held'; hold: Hold }
  | { kind: 'borrowed'; borrow: Borrow }
  /** What `borrow.holder` looks at is gone. */
  | { kind: 'broken'; borrow: Borrow; by: Move | Release }

export function movesOf(state: State, binding: Binding): Move[] {
  const found = state.of(binding, 'moved').flatMap(fact => (fact.kind === 'moved' ? [fact.move] : []))
  return found.sort((a, b) => a.node.start - b.node.start)
}

/** The moves of parts that a way from a name leads into. */
export function partsOf(state: State, binding: Binding, path: string): PartMove[] {
  const found = state
    .of(binding, 'gone')
    .flatMap(fact => (fact.kind === 'gone' && isWithin(path, fact.part.path) ? [fact.part] : []))
  return found.sort((a, b) => a.node.start - b.node.start)
}

/** What a name looked at that is gone. */
export function brokenOf(state: State, holder: Binding): { borrow: Borrow; by: Move | Release }[] {
  const found = state.of(holder, 'borrows').flatMap(fact => (fact.kind === 'broken' ? [fact] : []))
  return found.sort((a, b) => a.by.node.start - b.by.node.start)
}

export function holdsOf(state: State): Hold[] {
  const found = state.held.flatMap(fact => (fact.kind === 'held' ? [fact.hold] : []))
  return found.sort((a, b) => a.node.start - b.node.start)
}
