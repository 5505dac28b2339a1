/** Maps the identifiers that declare the variables of a file to these variables. */
import type { Binding, Node, Scope, Scopes } from '@fearless/compiler/analysis'

const known = new WeakMap<Scopes, Map<Node, Binding>>()

export function declarationsOf(scopes: Scopes): Map<Node, Binding> {
  let found = known.get(scopes)
  if (found === undefined) {
    found = new Map()
    const seen = new Set<Scope>()
    for (const reference of scopes.references) {
      for (let scope = reference.scope; scope !== undefined && !seen.has(scope); scope = scope.parent!) {
        seen.add(scope)
        for (const binding of scope.bindings.values()) found.set(binding.id, binding)
      }
    }
    known.set(scopes, found)
  }
  return found
}
