/**
 * Solves the forward data-flow problem of a function: the facts that may hold before each effect.
 *
 * The worklist ends because sets only grow and facts are finitely many. Unreachable blocks are never visited. Blocks
 * are visited in reverse post-order, so all predecessors of a block precede it, except the back edges of loops.
 */
import type { Binding, Node } from '@fearless/compiler/analysis'
import type { Borrow, Effect, Fact, Move, Release } from './facts.ts'
import type { Block, Event, Graph } from './graph.ts'
import { isElementOf, isWithin, indexVariablesIn } from './place.ts'
import { Budget, State } from './state.ts'

export type EffectsOf = (event: Event) => readonly Effect[]

/**
 * Calls `visit` for every reachable effect, with the state before it. Returns false, without a call, if the function
 * exceeds its budget.
 */
export function visitEffects(
  graph: Graph,
  effectsOf: EffectsOf,
  start: Iterable<Fact>,
  visit: (effect: Effect, before: State) => void,
): boolean {
  const budget = new Budget()
  const facts = new Facts()
  const first = new State(budget)
  for (const fact of start) first.add(fact)
  const order = inReversePostOrder(graph)
  const entering = new Map<Block, State>([[graph.entry, first]])
  const waiting = new Set<Block>([graph.entry])
  while (waiting.size > 0) {
    for (const block of order) {
      if (!waiting.delete(block)) continue
      const state = entering.get(block)!.copy()
      const goesOn = eachEffect(block, effectsOf, effect => facts.apply(effect, state))
      for (const next of goesOn ? block.to : []) {
        const known = entering.get(next)
        if (known === undefined) entering.set(next, state.copy())
        if (known === undefined || known.join(state)) waiting.add(next)
      }
      budget.left -= block.events.length + block.to.length
      if (budget.isSpent) return false
    }
  }
  for (const block of order) {
    const state = entering.get(block)
    if (state === undefined) continue
    eachEffect(block, effectsOf, effect => {
      visit(effect, state)
      facts.apply(effect, state)
    })
  }
  return true
}

/** Visits the effects of a block in order. Returns false if control ends inside the block. */
function eachEffect({ events }: Block, effectsOf: EffectsOf, visit: (effect: Effect) => void): boolean {
  for (const event of events) {
    for (const effect of effectsOf(event)) {
      if (effect.kind === 'stop') return false
      visit(effect)
    }
  }
  return true
}

/** Returns the reachable blocks in reverse post-order. */
function inReversePostOrder(graph: Graph): Block[] {
  const found: Block[] = []
  const seen = new Set([graph.entry])
  const path = [{ block: graph.entry, next: 0 }]
  for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
    const { to } = at.block
    while (at.next < to.length && seen.has(to[at.next]!)) at.next++
    if (at.next === to.length) {
      found.push(at.block)
      path.pop()
    } else {
      seen.add(to[at.next]!)
      path.push({ block: to[at.next]!, next: 0 })
    }
  }
  return found.reverse()
}

type Borrowed = Extract<Fact, { kind: 'borrowed' }>

class Facts {
  readonly #broken = new Map<Borrow, Map<Move | Release, Fact>>()
  readonly #passed = new Map<Borrow, Map<Binding, Borrowed>>()
  /** The original borrow of each derived one. */
  readonly #first = new Map<Borrow, Borrow>()
  readonly #parts = new Map<Move, Map<Borrow, Fact>>()
  readonly #names = new Map<Move, Map<Binding, Fact>>()
  /** The variables with places that an index variable selects, by the offset of the index variable's declaration. */
  readonly #chosen = new Map<number, Set<Binding>>()

  apply(effect: Effect, state: State): void {
    switch (effect.kind) {
      case 'fresh':
        return this.#fresh(effect.binding, effect.node, state)
      case 'part':
        this.#noteIndices(effect.part.binding, effect.part.path)
        return state.add(effect.fact)
      case 'fill':
        return forgetParts(state, effect.binding, path => isWithin(path, effect.path))
      case 'shuffle':
        return forgetParts(state, effect.binding, path => isElementOf(path, effect.path))
      case 'borrow': {
        const { of, path } = effect.borrow
        if (path !== undefined) this.#noteIndices(of, path)
        return state.add(once(this.#passed, effect.borrow, of, () => effect.fact as Borrowed))
      }
      case 'move':
        if (effect.move.later) return
        this.#move(effect.move, state)
        return state.add(effect.fact)
      case 'acquire':
        if (effect.fact !== undefined) state.add(effect.fact)
        return
      case 'release': {
        const { binding } = effect.release
        releaseHolds(state, binding)
        return this.#breakBorrows(binding, effect.release, state)
      }
      case 'escape':
        return releaseHolds(state, effect.binding)
      default:
        return
    }
  }

  #fresh(binding: Binding, node: Node, state: State): void {
    const [borrows, lent] = [state.of(binding, 'borrows'), state.of(binding, 'lent')]
    for (const aspect of ['moved', 'gone', 'borrows'] as const)
      for (const fact of state.of(binding, aspect)) state.delete(fact)
    // A closure borrows the name itself, so the borrow survives the assignment.
    for (const fact of lent) if (fact.kind === 'broken' || node === binding.id || !isOfClosure(fact)) state.delete(fact)
    this.#passOn(binding, borrows, lent, state)
    // As an index, the variable selects another element from here on.
    const isChosen = (path: string): boolean => indexVariablesIn(path).includes(binding.id.start)
    for (const whole of this.#chosen.get(binding.id.start) ?? []) forgetParts(state, whole, isChosen)
  }

  /** Redirects the borrows of an assigned name's old value to the places from which the name had borrowed it. */
  #passOn(binding: Binding, borrows: readonly Fact[], lent: readonly Fact[], state: State): void {
    const others = lent
      .filter(isWhole)
      .flatMap(({ borrow }) => (borrow.why === 'closure' || borrow.holder === binding ? [] : [borrow]))
    if (others.length === 0) return
    const own = borrows.filter(isWhole).flatMap(({ borrow }) => (borrow.of === binding ? [] : [borrow.of]))
    for (const other of others) for (const of of own) state.add(this.#through(other, of))
    // The name owned its value: its aliases become aliases of each other.
    const [first, ...more] = own.length === 0 ? others.filter(({ why }) => why === 'alias') : []
    for (const other of more) state.add(this.#through(other, first!.holder))
  }

  #move(move: Move, state: State): void {
    const { binding } = move
    releaseHolds(state, binding)
    // A later move kills an earlier one.
    for (const fact of state.of(binding, 'moved')) state.delete(fact)
    for (const fact of state.of(binding, 'borrows'))
      if (fact.kind === 'borrowed' && fact.borrow.path !== undefined)
        state.add(this.#part(move, fact.borrow, fact.borrow.path))
    this.#breakBorrows(binding, move, state)
    // A move by one alias moves the value of all its aliases.
    const names = new Set([binding])
    for (const name of names)
      for (const fact of state.of(name, 'borrows'))
        if (isWhole(fact) && fact.borrow.why === 'alias' && !names.has(fact.borrow.of)) {
          names.add(fact.borrow.of)
          state.add(this.#movedAs(fact.borrow.of, move))
        }
  }

  /** Breaks the borrows of a moved or released value, transitively. */
  #breakBorrows(gone: Binding, by: Move | Release, state: State): void {
    const holders = new Set([gone])
    for (const name of holders) {
      for (const fact of state.of(name, 'lent')) {
        if (!isWhole(fact)) continue
        const borrow = name === gone ? fact.borrow : this.#through(fact.borrow, gone).borrow
        holders.add(borrow.holder)
        // A broken borrow is reported once, so a later move of the same value adds nothing.
        if (!isBroken(borrow, by, state)) state.add(this.#break(borrow, by))
      }
    }
  }

  #noteIndices(whole: Binding, path: string): void {
    for (const index of indexVariablesIn(path)) {
      const wholes = this.#chosen.get(index)
      if (wholes === undefined) this.#chosen.set(index, new Set([whole]))
      else wholes.add(whole)
    }
  }

  #break(borrow: Borrow, by: Move | Release): Fact {
    return once(this.#broken, borrow, by, () => ({ kind: 'broken', borrow, by }))
  }

  /** Returns the move of a part by an alias. */
  #part(move: Move, borrow: Borrow, path: string): Fact {
    return once(this.#parts, move, borrow, () => ({
      kind: 'gone',
      part: { binding: borrow.of, path, node: move.node, how: move.how },
    }))
  }

  #movedAs(binding: Binding, move: Move): Fact {
    return once(this.#names, move, binding, () => ({ kind: 'moved', binding, move }))
  }

  /** Returns the fact that a borrow's holder borrows `of`: one object, whichever path generates it. */
  #through(borrow: Borrow, of: Binding): Borrowed {
    const first = this.#first.get(borrow) ?? borrow
    return once(this.#passed, first, of, () => {
      const passed = { ...borrow, of }
      this.#first.set(passed, first)
      return { kind: 'borrowed', borrow: passed }
    })
  }
}

/** Whether a borrow is of a whole variable. */
const isWhole = (fact: Fact): fact is Borrowed => fact.kind === 'borrowed' && fact.borrow.path === undefined

const isBroken = (borrow: Borrow, by: Move | Release, state: State): boolean =>
  state
    .of(borrow.holder, 'borrows')
    .some(fact => fact.kind === 'broken' && fact.borrow === borrow && 'taker' in fact.by === 'taker' in by)

const isOfClosure = (fact: Fact): boolean => fact.kind === 'borrowed' && fact.borrow.why === 'closure'

function releaseHolds(state: State, guard: Binding): void {
  for (const fact of state.held) if (fact.kind === 'held' && fact.hold.guard === guard) state.delete(fact)
}

function forgetParts(state: State, binding: Binding, isMeant: (path: string) => boolean): void {
  for (const fact of state.of(binding, 'gone')) if (fact.kind === 'gone' && isMeant(fact.part.path)) state.delete(fact)
  for (const fact of state.of(binding, 'lent'))
    if (fact.kind === 'borrowed' && fact.borrow.path !== undefined && isMeant(fact.borrow.path)) state.delete(fact)
}

function once<A, B, F>(made: Map<A, Map<B, F>>, a: A, b: B, make: () => F): F {
  let inner = made.get(a)
  if (inner === undefined) made.set(a, (inner = new Map()))
  let fact = inner.get(b)
  if (fact === undefined) inner.set(b, (fact = make()))
  return fact
}
