/**
 * Lambda lifting: creates generator functions of a program once, though the program creates them in every execution.
 *
 * V8 gives each generator function its own map and prototype at its first call: 1.1 us, seven times the cost of a later
 * call. A model calls a few such functions in each of thousands of executions. So a function whose captures are all
 * constant receives them as parameters of the same names. Then all its closures are equivalent, and the first one is
 * kept:
 *
 *   const add = x => Atomics.add(n, 0, x)     const add = function* (n, x) { ... }
 *   add(1)                                    ($f0 ??= add)(n, 1)
 *
 * The text stays in place, so lines stay too. A function outside of the supported forms stays a closure.
 */
import { inRange, lookup, type Binding, type Scope, type Scopes } from '../syntax/scope.ts'
import { isFunctionLiteral, unwrap, type Node } from '../syntax/syntax.ts'

/** A call of a function, or its use as the body of a thread. */
interface Use {
  readonly node: Node
  readonly scope: Scope
}

interface Lifted {
  readonly node: Node
  readonly uses: readonly Use[]
  /** The captures that it takes as parameters. */
  captures: Set<Binding>
}

export class LambdaLifting {
  readonly #scopes: Scopes
  readonly #rewritten: ReadonlySet<Node>
  readonly #lifted = new Map<Node, Lifted>()

  /**
   * Considers those `stepping` functions that are called by name, or that are the `bodyOf` a `spawn`. The `rewritten`
   * names are no longer in the text.
   */
  constructor(
    scopes: Scopes,
    stepping: ReadonlySet<Node>,
    rewritten: ReadonlySet<Node>,
    bodyOf: (call: Node) => Node | undefined,
  ) {
    this.#scopes = scopes
    this.#rewritten = rewritten
    for (const { binding } of scopes.references) {
      const node = binding === undefined ? undefined : functionOf(binding)
      if (node === undefined || !stepping.has(node) || binding!.writes.length > 0) continue
      this.#consider(node, binding!.scope, binding!.references)
    }
    for (const { node: call, scope } of scopes.calls) {
      const node = bodyOf(call)
      if (node !== undefined && stepping.has(node)) this.#consider(node, scope, [{ node, scope }])
    }
    while (!this.#settle());
  }

  /** Functions of the module are created once anyway. */
  #consider(node: Node, around: Scope, uses: readonly Use[]): void {
    if (around.kind === 'module' || usesArguments(this.#scopes, node)) return
    this.#lifted.set(node, { node, uses, captures: new Set() })
  }

  /** Returns the name of the variable that keeps the function, or undefined if the function is created each time. */
  keeperOf(f: Node): string | undefined {
    const nth = [...this.#lifted.keys()].indexOf(f)
    return nth < 0 ? undefined : `$f${nth}`
  }

  /** Returns the captures that precede the function's own parameters and arguments. */
  capturesOf(f: Node): readonly string[] {
    const captures = this.#lifted.get(f)?.captures ?? new Set<Binding>()
    return [...captures].map(({ name }) => name)
  }

  /** The declaration of the variables that keep the functions. */
  get declaration(): string {
    const names = [...this.#lifted.keys()].map(f => this.keeperOf(f))
    return names.length === 0 ? '' : `\nvar ${names.join(', ')}`
  }

  /**
   * Computes the captures of each function. Returns false if one must stay a closure, so that others then capture it.
   */
  #settle(): boolean {
    for (const lifted of this.#lifted.values()) lifted.captures = this.#capturedBy(lifted.node)
    for (let size = -1, now = 0; size !== now;) {
      size = now
      now = 0
      for (const lifted of this.#lifted.values()) {
        for (const other of this.#lifted.values()) {
          if (!other.uses.some(use => isWithin(use.node, lifted.node))) continue
          for (const binding of other.captures) {
            if (!isWithin(binding.scope.node, lifted.node)) lifted.captures.add(binding)
          }
        }
        now += lifted.captures.size
      }
    }
    for (const [node, lifted] of this.#lifted) {
      if (this.#canBeGiven(lifted)) continue
      this.#lifted.delete(node)
      return false
    }
    return true
  }

  /**
   * Returns the names from outside that the function's text mentions, without those of the module and of lifted
   * functions.
   */
  #capturedBy(f: Node): Set<Binding> {
    const captures = new Set<Binding>()
    for (const { binding, node } of inRange(this.#scopes.references, f.start, f.end)) {
      if (
        this.#rewritten.has(node) ||
        binding === undefined ||
        binding.scope.kind === 'module' ||
        isWithin(binding.scope.node, f)
      )
        continue
      const other = functionOf(binding)
      if (other === undefined || !this.#lifted.has(other)) captures.add(binding)
    }
    return captures
  }

  /** Returns true if the captures have the same values and the same names at every use. */
  #canBeGiven({ node, uses, captures }: Lifted): boolean {
    return [...captures].every(binding => {
      if (binding.writes.length > 0 || !CONSTANT.has(binding.kind)) return false
      return uses.every(use => {
        if (lookup(use.scope, binding.name) !== binding) return false
        return HOISTED.has(binding.kind) || binding.node.end <= Math.min(use.node.start, node.start)
      })
    })
  }
}

/** Kinds of bindings that can be passed by value, unless they are assigned to later. */
const CONSTANT = new Set(['const', 'let', 'param', 'function', 'catch'])
/** Kinds of bindings that are initialised before the first statement of their scope runs. */
const HOISTED = new Set(['param', 'function', 'catch'])

/** Returns the function that a name refers to, or undefined. */
export function functionOf(binding: Binding): Node | undefined {
  if (binding.kind === 'function') return binding.node
  if (binding.kind !== 'const' || binding.node.type !== 'VariableDeclarator') return undefined
  const value = binding.node.init === null ? undefined : unwrap(binding.node.init)
  return value !== undefined && isFunctionLiteral(value) && binding.node.id.type === 'Identifier' ? value : undefined
}

function usesArguments(scopes: Scopes, f: Node): boolean {
  return inRange(scopes.specials, f.start, f.end).some(({ word }) => word === 'arguments')
}

function isWithin(node: Node, outer: Node): boolean {
  return node.start >= outer.start && node.end <= outer.end
}
