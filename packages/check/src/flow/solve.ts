/**
 * Facts at every event of a function: a forward analysis, run until nothing is added.
 *
 * Sets only grow and there are finitely many facts, so it ends; blocks that nothing leads to are never looked at.
 */
import type { Binding } from '@fearless/compiler/analysis'
import type { Block, Event, Graph } from './graph.ts'
import { isChosenBy, isElementOf, isWithin } from './place.ts'
import type { Borrow, Effect, Fact, Move, Release, State } from './facts.ts'

export type EffectsOf = (event: Event) => readonly Effect[]

/** Calls `visit` for every effect that can happen, with what may be true just before it. */
export function walk(
  graph: Graph,
  effectsOf: EffectsOf,
  start: Iterable<Fact>,
  visit: (effect: Effect, before: State) => void,
): void {
  const facts = new Facts()
  const entering = new Map<Block, State>([[graph.entry, new Set(start)]])
  const waiting = new Set<Block>([graph.entry])
  for (const block of waiting) {
    waiting.delete(block)
    const state = new Set(entering.get(block))
    for (const event of block.events) for (const effect of effectsOf(event)) facts.apply(effect, state)
    for (const next of block.to) {
      const known = entering.get(next)
      if (known === undefined) {
        entering.set(next, new Set(state))
        waiting.add(next)
        continue
      }
      const before = known.size
      for (const fact of state) known.add(fact)
      if (known.size > before) waiting.add(next)
    }
  }
  for (const block of graph.blocks) {
    const entry = entering.get(block)
    if (entry === undefined) continue
    const state = new Set(entry)
    for (const event of block.events) {
      for (const effect of effectsOf(event)) {
        visit(effect, state)
        facts.apply(effect, state)
      }
    }
  }
}

class Facts {
  readonly #broken = new Map<Borrow, Map<Move | Release, Fact>>()
  readonly #passed = new Map<Borrow, Map<Borrow, Fact>>()
  readonly #moved = new Map<Move, Map<Borrow, Fact>>()

  apply(effect: Effect, state: State): void {
    switch (effect.kind) {
      case 'fresh':
        for (const fact of state) {
          const over =
            (fact.kind === 'moved' && fact.binding === effect.binding) ||
            (fact.kind === 'gone' &&
              (fact.part.binding === effect.binding || isChosenBy(fact.part.path, effect.binding))) ||
            (fact.kind === 'borrowed' &&
              fact.borrow.path !== undefined &&
              (fact.borrow.of === effect.binding || isChosenBy(fact.borrow.path, effect.binding))) ||
            ((fact.kind === 'borrowed' || fact.kind === 'broken') && fact.borrow.holder === effect.binding)
          if (over) state.delete(fact)
        }
        return
      case 'part':
        state.add(effect.fact)
        return
      case 'fill':
        forgetParts(state, effect.binding, path => isWithin(path, effect.path))
        return
      case 'shuffle':
        forgetParts(state, effect.binding, path => isElementOf(path, effect.path))
        return
      case 'borrow':
        // Who borrows from a borrower borrows from where that one does.
        for (const fact of state) {
          if (
            fact.kind === 'borrowed' &&
            fact.borrow.path === undefined &&
            effect.borrow.path === undefined &&
            fact.borrow.holder === effect.borrow.of
          )
            state.add(this.#through(effect.borrow, fact.borrow))
        }
        state.add(effect.fact)
        return
      case 'move': {
        const { move } = effect
        for (const fact of state) {
          // Of several moves in a row, the last is the one that matters from here on.
          if (fact.kind === 'moved' && fact.binding === move.binding) state.delete(fact)
          if (fact.kind !== 'borrowed') continue
          if (fact.borrow.path !== undefined) {
            if (fact.borrow.holder === move.binding) state.add(this.#part(move, fact.borrow, fact.borrow.path))
            continue
          }
          if (fact.borrow.of === move.binding) state.add(this.#break(fact.borrow, move))
          // Two names of one thing: giving it away under one of them gives it away.
          if (fact.borrow.holder === move.binding && fact.borrow.why === 'alias')
            state.add(once(this.#moved, move, fact.borrow, () => ({ kind: 'moved', binding: fact.borrow.of, move })))
        }
        state.add(effect.fact)
        return
      }
      case 'acquire':
        if (effect.fact !== undefined) state.add(effect.fact)
        return
      case 'release':
        for (const fact of state) {
          if (fact.kind === 'held' && fact.hold.guard === effect.release.binding) state.delete(fact)
          if (fact.kind === 'borrowed' && fact.borrow.path === undefined && fact.borrow.of === effect.release.binding)
            state.add(this.#break(fact.borrow, effect.release))
        }
        return
      case 'escape':
        for (const fact of state) if (fact.kind === 'held' && fact.hold.guard === effect.binding) state.delete(fact)
        return
      default:
        return
    }
  }

  #break(borrow: Borrow, by: Move | Release): Fact {
    return once(this.#broken, borrow, by, () => ({ kind: 'broken', borrow, by }))
  }

  /** A part is given away under a name of its own. */
  #part(move: Move, borrow: Borrow, path: string): Fact {
    return once(this.#moved, move, borrow, () => ({
      kind: 'gone',
      part: { binding: borrow.of, path, node: move.node, how: move.how },
    }))
  }

  #through(borrow: Borrow, from: Borrow): Fact {
    return once(this.#passed, borrow, from, () => ({ kind: 'borrowed', borrow: { ...borrow, of: from.of } }))
  }
}

function forgetParts(state: State, binding: Binding, isMeant: (path: string) => boolean): void {
  for (const fact of state) {
    if (fact.kind === 'gone' && fact.part.binding === binding && isMeant(fact.part.path)) state.delete(fact)
    if (fact.kind !== 'borrowed') continue
    const { of, path } = fact.borrow
    if (path !== undefined && of === binding && isMeant(path)) state.delete(fact)
  }
}

function once<A, B, F>(made: Map<A, Map<B, F>>, a: A, b: B, make: () => F): F {
  let inner = made.get(a)
  if (inner === undefined) made.set(a, (inner = new Map()))
  let fact = inner.get(b)
  if (fact === undefined) inner.set(b, (fact = make()))
  return fact
}
