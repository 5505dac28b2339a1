/**
 * Function summaries, which make the analysis interprocedural: the parameters that a function consumes, the captured
 * variables that it reads and moves, and the locks that it acquires.
 *
 * - A summary ignores order: an effect that may happen is assumed to happen.
 * - Mutually recursive functions are summarised in rounds, each with the summaries of the round before, up to a fixed
 *   point. Summaries only grow, so the rounds end.
 */
import {
  children,
  inRange,
  isFunctionLiteral,
  outermost,
  unwrap,
  type Binding,
  type Node,
} from '@fearless/compiler/analysis'
import { contains, functionAround, FUNCTION_TYPES, isVariable, type FileInfo } from '../file-info.ts'
import { calleeOf, type Callee } from './callee.ts'
import type { Effects } from './effects.ts'
import { movesOf, type Hold, type Move } from './facts.ts'
import { visitEffects } from './solve.ts'

export interface Summary {
  /** The captured variables that it reads, each with its first use. */
  readonly reads: ReadonlyMap<Binding, Node>
  readonly moves: ReadonlyMap<Binding, Move>
  /** The parameters that it moves. */
  readonly consumes: ReadonlySet<number>
  /** The parameters that it, or a function that it calls, may keep. */
  readonly escapes: ReadonlySet<number>
  readonly acquires: readonly Hold[]
}

const NOTHING: Summary = { reads: new Map(), moves: new Map(), consumes: new Set(), escapes: new Set(), acquires: [] }

interface Entry {
  readonly file: FileInfo
  readonly summary: Summary
}

/** The deepest nesting of calls that one round follows. A deeper call uses the summary of the round before. */
const DEPTH_LIMIT = 64

/** The most locks in one summary. */
const LOCKS_LIMIT = 128

export class Summaries {
  readonly #known = new Map<Node, Summary>()
  readonly #effectsOf: (file: FileInfo) => Effects
  readonly #fileAt: (path: string) => FileInfo | undefined
  /** The functions whose summaries are in progress: each is needed by the one before it. */
  readonly #running = new Set<Node>()
  /** The summaries of this round, and those of the round before. */
  #round = new Map<Node, Entry>()
  #before = new Map<Node, Entry>()
  #circular = false

  constructor(effectsOf: (file: FileInfo) => Effects, fileAt: (path: string) => FileInfo | undefined) {
    this.#effectsOf = effectsOf
    this.#fileAt = fileAt
  }

  of(file: FileInfo, fn: Node): Summary {
    const known = this.#known.get(fn) ?? this.#round.get(fn)?.summary
    if (known !== undefined) return known
    if (this.#running.has(fn) || this.#running.size > DEPTH_LIMIT) {
      this.#circular = true
      return this.#before.get(fn)?.summary ?? NOTHING
    }
    return this.#running.size > 0 ? this.#find(file, fn) : this.#settle(file, fn)
  }

  #find(file: FileInfo, fn: Node): Summary {
    this.#running.add(fn)
    try {
      const summary = this.#sumUp(file, fn)
      this.#round.set(fn, { file, summary })
      return summary
    } finally {
      this.#running.delete(fn)
    }
  }

  #settle(file: FileInfo, fn: Node): Summary {
    const needed = this.#neededBy({ file, fn })
    for (;;) {
      this.#circular = false
      for (const each of needed) if (!this.#round.has(each.fn)) this.#find(each.file, each.fn)
      const round = this.#round
      const { summary } = round.get(fn)!
      const settled = !this.#circular || isSame(round, this.#before)
      this.#round = new Map()
      this.#before = settled ? new Map() : round
      if (settled) {
        for (const [each, entry] of round) this.#known.set(each, entry.summary)
        return summary
      }
      // The effects of their calls were computed with smaller summaries.
      for (const [each, entry] of round) this.#effectsOf(entry.file).forget(each)
    }
  }

  /** Returns the functions without a summary that a function needs, and itself, in post-order. */
  #neededBy(first: Callee): Callee[] {
    const found: Callee[] = []
    const seen = new Set([first.fn])
    const path = [{ piece: first, needs: this.#needsOf(first) }]
    for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
      const next = at.needs.pop()
      if (next === undefined) {
        found.push(at.piece)
        path.pop()
      } else if (!seen.has(next.fn) && !this.#known.has(next.fn)) {
        seen.add(next.fn)
        path.push({ piece: next, needs: this.#needsOf(next) })
      }
    }
    return found
  }

  /** Returns the functions that a function contains or calls. */
  #needsOf({ file, fn }: Callee): Callee[] {
    const found: Callee[] = []
    const stack = [fn]
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (node !== fn && isFunctionLiteral(node)) found.push({ file, fn: node })
      else if (node === fn || !FUNCTION_TYPES.has(node.type)) children(node, child => void stack.push(child))
      const named = node.type === 'CallExpression' ? calleeOf(file, node, this.#fileAt) : undefined
      if (named !== undefined) found.push(named)
    }
    return found
  }

  /**
   * Returns the summary of the function that a call certainly runs. Captured variables of another file are left out.
   */
  called(file: FileInfo, call: Node): Summary | undefined {
    const callee = calleeOf(file, call, this.#fileAt)
    const summary = callee && this.of(callee.file, callee.fn)
    const own = callee?.file === file && unwrap(call.callee).type === 'Identifier'
    return summary && !own ? { ...summary, reads: NOTHING.reads, moves: NOTHING.moves } : summary
  }

  #sumUp(file: FileInfo, fn: Node): Summary {
    const reads = new Map<Binding, Node>()
    const moves = new Map<Binding, Move>()
    const consumes = new Set<number>()
    const acquires: Hold[] = []
    for (const { node, binding } of inRange(file.scopes.references, fn.start, fn.end)) {
      if (binding === undefined || reads.has(binding) || !isVariable(binding)) continue
      if (isOutside(binding, fn) && !isMerelyAssigned(node)) reads.set(binding, node)
    }
    const effects = this.#effectsOf(file)
    for (const block of file.graphOf(fn).blocks) {
      for (const event of block.events) {
        for (const effect of effects.of(event)) {
          if (effect.kind === 'acquire') add(acquires, effect.hold)
          if (effect.kind === 'release') {
            const given = givenTo(file, effect.release.binding)
            if (given !== undefined && given.scope.node === fn && fn.params?.includes(given.id))
              consumes.add(fn.params.indexOf(given.id))
          }
          if (effect.kind !== 'move' || effect.move.later) continue
          const { binding } = effect.move
          const index: number = binding.scope.node === fn ? (fn.params?.indexOf(binding.id) ?? -1) : -1
          if (index !== -1) consumes.add(index)
          else if (isOutside(binding, fn) && !moves.has(binding)) moves.set(binding, effect.move)
        }
      }
    }
    this.#keepWhatIsGone(file, fn, effects, moves)
    return { reads, moves, consumes, escapes: this.#escaping(file, fn), acquires }
  }

  /** Removes the moves of variables that the function assigns again before its end. */
  #keepWhatIsGone(file: FileInfo, fn: Node, effects: Effects, moves: Map<Binding, Move>): void {
    const assigned = [...moves.keys()].filter(({ writes }) => writes.some(({ node }) => contains(fn, node)))
    if (assigned.length === 0) return
    const gone = new Set<Binding>()
    const complete = visitEffects(file.graphOf(fn), effects.of, [], (effect, before) => {
      if (effect.kind !== 'end') return
      for (const binding of assigned) if (movesOf(before, binding).length > 0) gone.add(binding)
    })
    for (const binding of complete ? assigned : []) if (!gone.has(binding)) moves.delete(binding)
  }

  /** Whether the end of the function that a call runs is unreachable. */
  neverReturns(file: FileInfo, call: Node): boolean {
    const callee = calleeOf(file, call, this.#fileAt)
    if (callee === undefined || !callee.fn.body || callee.fn.async || callee.fn.generator) return false
    return callee.fn.returnType?.typeAnnotation.type === 'TSNeverKeyword' || !callee.file.graphOf(callee.fn).ends
  }

  /** Whether the function that a call runs calls one of its arguments before it returns. */
  callsAtOnce(file: FileInfo, call: Node, index: number): boolean {
    const callee = calleeOf(file, call, this.#fileAt)
    const param: Node | undefined = callee?.fn.params?.[index]
    const binding = param?.type === 'Identifier' ? callee!.file.declared(param) : undefined
    return (
      binding !== undefined &&
      binding.references.some(({ node }) => {
        const outer = outermost(node)
        return (
          outer.parent?.type === 'CallExpression' &&
          outer.parent.callee === outer &&
          functionAround(node) === callee!.fn
        )
      })
    )
  }

  /**
   * Whether a use of a name keeps nothing of it: a member access, or an argument that the callee neither moves nor
   * keeps.
   */
  lends(file: FileInfo, name: Node): boolean {
    const outer = outermost(name)
    const { parent } = outer
    if (parent?.type === 'MemberExpression') return parent.object === outer && !parent.computed
    if (parent?.type !== 'CallExpression' || parent.callee === outer) return false
    const summary = this.called(file, parent)
    const index: number = parent.arguments.indexOf(outer)
    return summary !== undefined && index !== -1 && !summary.consumes.has(index) && !summary.escapes.has(index)
  }

  #escaping(file: FileInfo, fn: Node): Set<number> {
    const found = new Set<number>()
    for (const [index, param] of (fn.params ?? []).entries()) {
      const binding = param.type === 'Identifier' ? file.declared(param) : undefined
      const merelyUsed =
        binding !== undefined &&
        binding.writes.length === 0 &&
        binding.references.every(({ node }) => functionAround(node) === fn && this.lends(file, node))
      if (!merelyUsed) found.add(index)
    }
    return found
  }
}

/** Returns the variable that initialises a `using` declaration: `g` of `using mine = g`. */
function givenTo(file: FileInfo, { kind, node }: Binding): Binding | undefined {
  return kind === 'using' && node.init ? file.bindingOf(node.init) : undefined
}

/** Adds an acquisition, unless the same lock is there already. */
function add(acquires: Hold[], hold: Hold): void {
  const same = ({ lock, tries, node }: Hold): boolean =>
    lock === undefined ? node === hold.node : lock.id === hold.lock?.id && tries === hold.tries
  if (acquires.length === LOCKS_LIMIT) return
  if (!acquires.some(same)) acquires.push(hold)
}

function isSame(a: ReadonlyMap<Node, Entry>, b: ReadonlyMap<Node, Entry>): boolean {
  const size = ({ reads, moves, consumes, escapes, acquires }: Summary): number =>
    reads.size + moves.size + consumes.size + escapes.size + acquires.length
  return [...a].every(([fn, { summary }]) => size(summary) === size(b.get(fn)?.summary ?? NOTHING))
}

const isOutside = (binding: Binding, fn: Node): boolean =>
  !contains(fn, binding.scope.node) || binding.scope.node.type === 'Program'

const isMerelyAssigned = (node: Node): boolean =>
  node.parent?.type === 'AssignmentExpression' && node.parent.left === node && node.parent.operator === '='
