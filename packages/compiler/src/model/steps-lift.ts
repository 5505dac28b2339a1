/**
 * Which generator functions of a program are made once, though the program makes them in every execution.
 *
 * V8 gives each generator function a map and a prototype of its own when it is first called: 1.1 us, seven times what
 * a call costs after that. A model calls a handful of such functions in each of thousands of executions. So a function
 * that captures nothing but what never changes takes it as parameters of the same names; then any closure made of it
 * is as good as any other, and the first one is kept:
 *
 *   const add = x => Atomics.add(n, 0, x)     const add = function* (n, x) { ... }
 *   add(1)                                    ($f0 ??= add)(n, 1)
 *
 * The text stays where it is, so lines stay too. What is not understood stays a closure.
 */
import { inPiece, lookup, type Binding, type Scope, type Scopes } from '../syntax/scope.ts'
import { isFunctionLiteral, unwrap, type Node } from '../syntax/syntax.ts'

/** A place where a function is called, or given to a thread. */
interface Use {
  readonly node: Node
  readonly scope: Scope
}

interface Lifted {
  readonly node: Node
  readonly uses: readonly Use[]
  /** What it has to be given. */
  captures: Set<Binding>
}

export class Lifting {
  readonly #scopes: Scopes
  readonly #rewritten: ReadonlySet<Node>
  readonly #lifted = new Map<Node, Lifted>()

  /**
   * Looks at those of the `stepping` functions that are called by their name, or stand in a `spawn` as its `bodyOf`;
   * `rewritten` are names that are not in the text any more.
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

  /** Those of the module are made once anyway. */
  #consider(node: Node, around: Scope, uses: readonly Use[]): void {
    if (around.kind === 'module' || usesArguments(this.#scopes, node)) return
    this.#lifted.set(node, { node, uses, captures: new Set() })
  }

  /** The name under which the function is kept; undefined for one that is made anew each time. */
  keeperOf(f: Node): string | undefined {
    const nth = [...this.#lifted.keys()].indexOf(f)
    return nth < 0 ? undefined : `$f${nth}`
  }

  /** What the function is given before its own arguments, and takes before its own parameters. */
  capturesOf(f: Node): readonly string[] {
    const captures = this.#lifted.get(f)?.captures ?? new Set<Binding>()
    return [...captures].map(({ name }) => name)
  }

  /** What keeps the functions. */
  get declaration(): string {
    const names = [...this.#lifted.keys()].map(f => this.keeperOf(f))
    return names.length === 0 ? '' : `\nvar ${names.join(', ')}`
  }

  /** Finds what each has to be given; false if one turned out to stay a closure, which others then capture. */
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

  /** The names from around the function that its own text mentions, without those of the module and of lifted functions. */
  #capturedBy(f: Node): Set<Binding> {
    const captures = new Set<Binding>()
    for (const { binding, node } of inPiece(this.#scopes.references, f.start, f.end)) {
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

  /** Whether what is captured is the same at every use, by the same name, for as long as the function may run. */
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

/** What nothing is assigned to later can be given by its value. */
const CONSTANT = new Set(['const', 'let', 'param', 'function', 'catch'])
/** What is there before the first statement of its scope runs. */
const HOISTED = new Set(['param', 'function', 'catch'])

/** The function that a name stands for. */
export function functionOf(binding: Binding): Node | undefined {
  if (binding.kind === 'function') return binding.node
  if (binding.kind !== 'const' || binding.node.type !== 'VariableDeclarator') return undefined
  const value = binding.node.init === null ? undefined : unwrap(binding.node.init)
  return value !== undefined && isFunctionLiteral(value) && binding.node.id.type === 'Identifier' ? value : undefined
}

function usesArguments(scopes: Scopes, f: Node): boolean {
  return inPiece(scopes.specials, f.start, f.end).some(({ word }) => word === 'arguments')
}

function isWithin(node: Node, outer: Node): boolean {
  return node.start >= outer.start && node.end <= outer.end
}
