/**
 * The data-flow state at one location: the set of facts that may hold there, by the variable that each is about.
 *
 * A persistent map (a big-endian Patricia trie, after Okasaki and Gill) from a variable and an aspect of it to a few
 * facts. A copy is free. A join costs only the subtrees that differ, because consecutive states share the others. So a
 * function of n statements costs about n log n, for any number of facts that hold in its middle.
 */
import type { Binding } from '@fearless/compiler/analysis'
import type { Borrow, Fact, Hold, Move, PartMove, Release } from './facts.ts'
import { isWithin } from './place.ts'

/** The most moves of one variable that a state keeps. The first ones are kept, because a finding shows no more. */
const MOVES_KEPT = 32

/** The budget of one function in steps: about one second. */
const STEPS_PER_FUNCTION = 5_000_000

/** Counts down the steps of one function's analysis. */
export class Budget {
  left = STEPS_PER_FUNCTION

  get isSpent(): boolean {
    return this.left < 0
  }
}

/** The aspects of a variable that facts describe. */
const ASPECTS = {
  /** It is moved. */
  moved: 0,
  /** A part of it is moved. */
  gone: 1,
  /** Another name borrows from it, or a closure's borrow of it is broken. */
  lent: 2,
  /** It borrows from another variable, or its borrow is broken. */
  borrows: 3,
} as const
export type Aspect = keyof typeof ASPECTS

const keyOf = ({ id }: Binding, aspect: Aspect): number => id.start * 4 + ASPECTS[aspect]

type Slot = readonly Fact[]
type Tree = Leaf | Fork

interface Leaf {
  readonly key: number
  readonly facts: Slot
}

/** Keys with equal bits above `bit`: keys without this bit are on the left, keys with it on the right. */
interface Fork {
  readonly prefix: number
  readonly bit: number
  readonly left: Tree
  readonly right: Tree
}

const NOTHING: Slot = []

export class State {
  #tree: Tree | undefined
  /** The held locks, which rules read as a whole. */
  #held: Slot
  readonly #budget: Budget

  constructor(budget: Budget, tree?: Tree, held: Slot = NOTHING) {
    this.#budget = budget
    this.#tree = tree
    this.#held = held
  }

  copy(): State {
    return new State(this.#budget, this.#tree, this.#held)
  }

  /** Returns the facts about one aspect of a variable. */
  of(binding: Binding, aspect: Aspect): Slot {
    const facts = slotAt(this.#tree, keyOf(binding, aspect))
    this.#budget.left -= 1 + facts.length
    return facts
  }

  get held(): Slot {
    this.#budget.left -= this.#held.length
    return this.#held
  }

  add(fact: Fact): void {
    if (fact.kind === 'held') this.#held = added(this.#held, fact)
    else for (const key of keysOf(fact)) this.#set(key, added(slotAt(this.#tree, key), fact))
  }

  delete(fact: Fact): void {
    if (fact.kind === 'held') this.#held = without(this.#held, fact)
    else for (const key of keysOf(fact)) this.#set(key, without(slotAt(this.#tree, key), fact))
  }

  /** Adds the facts of another path to this location. Returns whether the state changed. */
  join(other: State): boolean {
    const tree = joined(this.#tree, other.#tree, this.#budget)
    const held = union(this.#held, other.#held)
    const grown = tree !== this.#tree || held !== this.#held
    this.#tree = tree
    this.#held = held
    return grown
  }

  #set(key: number, facts: Slot): void {
    this.#budget.left -= 1 + facts.length / 16
    this.#tree = withSlot(this.#tree, key, facts)
  }
}

function keysOf(fact: Exclude<Fact, { kind: 'held' }>): number[] {
  if (fact.kind === 'moved') return [keyOf(fact.binding, 'moved')]
  if (fact.kind === 'gone') return [keyOf(fact.part.binding, 'gone')]
  const { holder, of, why } = fact.borrow
  // A variable that a closure borrows may be assigned, which repairs the broken borrow.
  const lent = fact.kind === 'borrowed' || why === 'closure'
  return lent ? [keyOf(holder, 'borrows'), keyOf(of, 'lent')] : [keyOf(holder, 'borrows')]
}

export function movesOf(state: State, binding: Binding): Move[] {
  const found = state.of(binding, 'moved').flatMap(fact => (fact.kind === 'moved' ? [fact.move] : []))
  return found.sort((a, b) => a.node.start - b.node.start)
}

/** Returns the moves of parts that overlap the place `binding` + `path`. */
export function movedPartsOf(state: State, binding: Binding, path: string): PartMove[] {
  const found = state
    .of(binding, 'gone')
    .flatMap(fact => (fact.kind === 'gone' && isWithin(path, fact.part.path) ? [fact.part] : []))
  return found.sort((a, b) => a.node.start - b.node.start)
}

/** Returns the broken borrows of a name. */
export function brokenBorrowsOf(state: State, holder: Binding): { borrow: Borrow; by: Move | Release }[] {
  const found = state.of(holder, 'borrows').flatMap(fact => (fact.kind === 'broken' ? [fact] : []))
  return found.sort((a, b) => a.by.node.start - b.by.node.start)
}

export function holdsOf(state: State): Hold[] {
  const found = state.held.flatMap(fact => (fact.kind === 'held' ? [fact.hold] : []))
  return found.sort((a, b) => a.node.start - b.node.start)
}

// Slots.

function added(slot: Slot, fact: Fact): Slot {
  return slot.includes(fact) ? slot : limited([...slot, fact])
}

const without = (slot: Slot, fact: Fact): Slot => (slot.includes(fact) ? slot.filter(each => each !== fact) : slot)

/** Returns the union: one of the two objects itself, if it contains the other. */
function union(a: Slot, b: Slot): Slot {
  if (a === b || b.length === 0) return a
  if (a.length === 0) return b
  const known = new Set(a)
  const missing = b.filter(fact => !known.has(fact))
  if (missing.length === 0) return a
  const all = limited([...a, ...missing])
  if (all.length === b.length && missing.length + a.length === b.length) return b
  return all.length === a.length && all.every(fact => known.has(fact)) ? a : all
}

/** Returns the first MOVES_KEPT moves of a slot. */
function limited(slot: Slot): Slot {
  if (slot.length <= MOVES_KEPT || slot[0]!.kind !== 'moved') return slot
  const moves = slot.flatMap(fact => (fact.kind === 'moved' ? [fact] : []))
  return moves.sort((a, b) => a.move.node.start - b.move.node.start).slice(0, MOVES_KEPT)
}

// Trees.

const isLeaf = (tree: Tree): tree is Leaf => 'key' in tree

const branches = (key: number, { prefix, bit }: Fork): boolean => (key & ~((bit << 1) - 1)) === prefix

function slotAt(tree: Tree | undefined, key: number): Slot {
  let at = tree
  while (at !== undefined && !isLeaf(at)) at = key & at.bit ? at.right : at.left
  return at?.key === key ? at.facts : NOTHING
}

function withSlot(tree: Tree | undefined, key: number, facts: Slot): Tree | undefined {
  if (tree === undefined) return facts.length === 0 ? undefined : { key, facts }
  if (isLeaf(tree)) {
    if (tree.key === key) return facts === tree.facts ? tree : facts.length === 0 ? undefined : { key, facts }
    return facts.length === 0 ? tree : fork(key, { key, facts }, tree.key, tree)
  }
  if (!branches(key, tree)) return facts.length === 0 ? tree : fork(key, { key, facts }, tree.prefix, tree)
  return key & tree.bit
    ? forked(tree, tree.left, withSlot(tree.right, key, facts))
    : forked(tree, withSlot(tree.left, key, facts), tree.right)
}

/** Returns a fork with these two sides: the same object, if neither has changed. */
function forked(tree: Fork, left: Tree | undefined, right: Tree | undefined): Tree | undefined {
  if (left === tree.left && right === tree.right) return tree
  if (left === undefined) return right
  if (right === undefined) return left
  return { prefix: tree.prefix, bit: tree.bit, left, right }
}

function fork(aKey: number, a: Tree, bKey: number, b: Tree): Fork {
  const bit = 1 << (31 - Math.clz32(aKey ^ bKey))
  const prefix = aKey & ~((bit << 1) - 1)
  return aKey & bit ? { prefix, bit, left: b, right: a } : { prefix, bit, left: a, right: b }
}

/**
 * Returns the union: one of the two objects itself, if it contains the other, so that the next comparison is by
 * identity.
 */
function joined(a: Tree | undefined, b: Tree | undefined, budget: Budget): Tree | undefined {
  if (a === b || b === undefined) return a
  if (a === undefined) return b
  budget.left--
  if (isLeaf(b)) return joinedLeaf(a, b, true)
  if (isLeaf(a)) return joinedLeaf(b, a, false)
  if (a.bit === b.bit && a.prefix === b.prefix) {
    const left = joined(a.left, b.left, budget)
    const right = joined(a.right, b.right, budget)
    if (left === a.left && right === a.right) return a
    return left === b.left && right === b.right ? b : forked(a, left, right)
  }
  if (a.bit > b.bit && branches(b.prefix, a))
    return b.prefix & a.bit
      ? forked(a, a.left, joined(a.right, b, budget))
      : forked(a, joined(a.left, b, budget), a.right)
  if (b.bit > a.bit && branches(a.prefix, b))
    return a.prefix & b.bit
      ? forked(b, b.left, joined(a, b.right, budget))
      : forked(b, joined(a, b.left, budget), b.right)
  return fork(a.prefix, a, b.prefix, b)
}

/** Returns a tree with one leaf added. `first`: the facts of the tree precede those of the leaf. */
function joinedLeaf(tree: Tree, leaf: Leaf, first: boolean): Tree {
  if (isLeaf(tree)) {
    if (tree.key !== leaf.key) return fork(tree.key, tree, leaf.key, leaf)
    const facts = first ? union(tree.facts, leaf.facts) : union(leaf.facts, tree.facts)
    return facts === tree.facts ? tree : facts === leaf.facts ? leaf : { key: leaf.key, facts }
  }
  if (!branches(leaf.key, tree)) return fork(leaf.key, leaf, tree.prefix, tree)
  return leaf.key & tree.bit
    ? forked(tree, tree.left, joinedLeaf(tree.right, leaf, first))!
    : forked(tree, joinedLeaf(tree.left, leaf, first), tree.right)!
}
