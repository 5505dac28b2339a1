/**
 * The helper functions that other compilers write into their output: tsc and tslib, swc, esbuild.
 *
 * A helper's declaration is copied by its text, as any function of a module. tsc writes
 *
 *     var __awaiter = (this && this.__awaiter) || function ...
 *
 * and in a module `this` is undefined, so the first operand is removed.
 *
 * The helpers for `using` cannot tell a lock that an error releases it. Their calls are replaced by calls of the
 * library's functions, which take the same arguments:
 *
 *     const env_1 = { stack: [], error: void 0, hasError: false }          tsc, swc
 *     try { const n = __added$(env_1, m.lock().wait(), false); ... }
 *     catch (e_1) { env_1.error = e_1; env_1.hasError = true }
 *     finally { __disposed$(env_1) }
 *
 *     var _stack = []                                                      esbuild
 *     try { const n = __added$(_stack, m.lock().wait()); ... }
 *     catch (_) { var _error = _, _hasError = true }
 *     finally { __disposed$(_stack, _error, _hasError) }
 */
import type { Edits } from '../syntax/edits.ts'
import { children, unwrap, type Node } from '../syntax/syntax.ts'

/** The library's function in place of each helper for `using`. */
const DISPOSAL: ReadonlyMap<string, 'added' | 'disposed'> = new Map([
  ['__addDisposableResource', 'added'],
  ['__disposeResources', 'disposed'],
  ['_ts_add_disposable_resource', 'added'],
  ['_ts_dispose_resources', 'disposed'],
  ['__using', 'added'],
  ['__callDispose', 'disposed'],
] as const)

const MENTIONS_DISPOSAL = /\b(?:__addDisposableResource|_ts_add_disposable_resource|__using)\b/

/**
 * Replaces the helpers in the tree and in the text. Must run before names are resolved. Returns true if a call was
 * replaced.
 */
export function replaceHelpers(
  source: string,
  program: Node,
  names: { readonly added: string; readonly disposed: string },
  edits: Edits,
): boolean {
  for (const statement of program.body as Node[]) {
    if (statement.type !== 'VariableDeclaration') continue
    for (const declarator of statement.declarations as Node[]) {
      const helper = declarator.init && helperOf(declarator)
      if (!helper) continue
      edits.blank(source, declarator.init.start, helper.start)
      declarator.init = helper
      declarator.isHelper = true
    }
  }
  if (!MENTIONS_DISPOSAL.test(source)) return false
  let replaced = false
  const visit = (node: Node): void => {
    if (node.type === 'CallExpression' && node.callee.type === 'Identifier') {
      const which = DISPOSAL.get(node.callee.name)
      if (which !== undefined) {
        const { callee } = node
        edits.replace(callee.start, callee.end, names[which], which)
        callee.name = names[which]
        replaced = true
      }
    }
    children(node, visit)
  }
  visit(program)
  return replaced
}

/** Returns the function of a helper that is declared as `var name = (this && this.name) || function`. */
function helperOf({ id, init }: Node): Node | undefined {
  if (init.type !== 'LogicalExpression' || init.operator !== '||') return undefined
  const known = unwrap(init.left)
  if (known.type !== 'LogicalExpression' || known.operator !== '&&' || known.left.type !== 'ThisExpression')
    return undefined
  const { right } = known
  const isOwn = right.type === 'MemberExpression' && right.object.type === 'ThisExpression'
  return isOwn && right.property.name === id.name ? (init.right as Node) : undefined
}
