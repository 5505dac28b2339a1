/**
 * Scopes, bindings and references of a file.
 *
 * Types are ignored: a name that only a type mentions has no reference here.
 */
import { memberName, type Node } from './syntax.ts'

export type Kind =
  | 'import'
  | 'function'
  | 'class'
  | 'enum'
  | 'namespace'
  | 'const'
  | 'let'
  | 'var'
  | 'using'
  | 'param'
  | 'catch'
  | 'member'

export interface Scope {
  kind: 'module' | 'function' | 'block'
  node: Node
  parent: Scope | undefined
  bindings: Map<string, Binding>
}

export interface Binding {
  name: string
  kind: Kind
  scope: Scope
  /** The identifier that declares it. */
  id: Node
  /** The node that a copy must contain: the function, the class, the declarator, the specifier. */
  node: Node
  /** The statement around `node`: the import or variable declaration, or `node` itself. */
  declaration: Node
  references: Reference[]
  /** Assignments after the declaration. */
  writes: Reference[]
  exported: boolean
  /** Further declarations of the same enum. */
  more: Node[]
  /** True if a namespace of the same name adds to it. */
  extended: boolean
}

export interface Reference {
  node: Node
  scope: Scope
  write: boolean
  binding: Binding | undefined
}

/** A word that refers to the enclosing function: `this`, `super`, `arguments`, `new.target`. */
export interface FunctionWord {
  word: 'this' | 'super' | 'arguments' | 'new.target'
  node: Node
  /** The function, field or static block that it refers to, or undefined at module level. */
  owner: Node | undefined
}

export interface Scopes {
  module: Scope
  /** Sorted by position, like the specials, so that the references in a piece of text are a slice. */
  references: Reference[]
  specials: FunctionWord[]
  calls: { node: Node; scope: Scope }[]
  news: { node: Node; scope: Scope }[]
  /** Declarations with `using` or `await using`. */
  usings: Node[]
  /** Returns the binding that an identifier in expression position refers to. */
  bindingOf(identifier: Node): Binding | undefined
}

export function lookup(scope: Scope | undefined, name: string): Binding | undefined {
  for (; scope !== undefined; scope = scope.parent) {
    const binding = scope.bindings.get(name)
    if (binding !== undefined) return binding
  }
  return undefined
}

const declarations = new WeakMap<Scopes, Map<Node, Binding>>()

/** Returns the variables of a file, by the identifiers that declare them. */
export function declarationsOf(scopes: Scopes): ReadonlyMap<Node, Binding> {
  let found = declarations.get(scopes)
  if (found === undefined) {
    declarations.set(scopes, (found = new Map()))
    const seen = new Set<Scope>()
    for (const reference of scopes.references) {
      let scope: Scope | undefined = reference.scope
      for (; scope !== undefined && !seen.has(scope); scope = scope.parent) {
        seen.add(scope)
        for (const binding of scope.bindings.values()) found.set(binding.id, binding)
      }
    }
  }
  return found
}

/** Returns the elements of a sorted list that lie in the given piece of text. */
export function inRange<T extends { node: Node }>(sorted: readonly T[], start: number, end: number): T[] {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle].node.start < start) low = middle + 1
    else high = middle
  }
  let last = low
  while (last < sorted.length && sorted[last].node.start < end) last++
  return sorted.slice(low, last)
}

/** Returns the members accessed on an identifier, from the inside out, and the outermost node. */
export function memberPathFrom(identifier: Node): { names: (string | undefined)[]; end: Node } {
  const names: (string | undefined)[] = []
  let end = identifier
  for (;;) {
    const parent = end.parent
    if (parent === undefined) break
    if (parent.type === 'MemberExpression' && parent.object === end) names.push(memberName(parent))
    else if (
      parent.type !== 'TSNonNullExpression' &&
      parent.type !== 'ChainExpression' &&
      parent.type !== 'TSAsExpression' &&
      parent.type !== 'ParenthesizedExpression' &&
      parent.type !== 'TSSatisfiesExpression'
    )
      break
    end = parent
  }
  return { names, end }
}
