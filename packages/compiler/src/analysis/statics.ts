/**
 * Statics, after Rust: the shared objects that a module makes while it is evaluated, each one object in all threads
 * (packages/fearless/src/memory/codec/statics.ts).
 *
 * The library's table says which classes are such objects (`isStatic`). A constructor makes one, and so does a function
 * that gives one: `new Mutex(0)`, `thread.pool()`, `Arc.newCyclic(f)`. So no closure needs `move` to name it.
 */
import { CLASSES, FUNCTIONS } from 'fearless/api'
import { pathOf } from './find.ts'
import type { Binding, Scopes } from '../syntax/scope.ts'
import { unwrap, type Node } from '../syntax/syntax.ts'

/** Longest chain of names that is followed. */
const DEPTH_LIMIT = 8

/** Returns true for an expression that makes a static if a module evaluates it. */
export function makesStatic(scopes: Scopes, node: Node): boolean {
  const made = unwrap(node)
  if (made.type !== 'NewExpression' && made.type !== 'CallExpression') return false
  const path = pathOf(scopes, made.callee)
  if (path === undefined) return false
  const of = made.type === 'NewExpression' ? path : FUNCTIONS.get(path)?.gives
  return typeof of === 'string' && CLASSES.get(of)?.isStatic === true
}

/** Returns true if a name is a module's `const` of a static, or another such name of it. */
export function isStaticName(scopes: Scopes, { kind, scope, node, id }: Binding, depth = 0): boolean {
  if (kind !== 'const' || scope !== scopes.module || node.id !== id || !node.init) return false
  if (makesStatic(scopes, node.init)) return true
  const init = unwrap(node.init)
  const alias = init.type === 'Identifier' ? scopes.bindingOf(init) : undefined
  return alias !== undefined && depth < DEPTH_LIMIT && isStaticName(scopes, alias, depth + 1)
}
