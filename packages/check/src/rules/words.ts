/** Labels, ranges and edits that the findings of several rules share. */
import { callAround, refusals, unwrap, type Binding, type Node } from '@fearless/compiler/analysis'
import { CLONING_METHODS } from '../api.ts'
import type { FileInfo, ThreadClosure } from '../file-info.ts'
import type { Edit } from '../report/diagnostic.ts'

/** Creates a label: a range and its text. */
export const { label } = refusals

/** Returns the head of a closure: `move` of `move(() => ...)`, or the range up to its arrow. */
export function closureHeadOf(file: FileInfo, literal: Node): { start: number; end: number } {
  const call = callAround(literal)
  if (call && call.type === 'CallExpression' && file.pathOf(call.callee) === 'move') return call.callee
  return refusals.headOf(file.text, literal)
}

/** Returns the callee that receives a closure, as the program writes it: `thread.spawn`. */
export function takerName(file: FileInfo, closure: ThreadClosure): string {
  if (!closure.call) return 'the thread'
  const { start, end } = closure.call.callee
  return file.text.slice(start, end).replaceAll(/\s*\n\s*/g, '')
}

/**
 * Returns the advice to move another handle of the same object; undefined for a class without a method that gives one.
 * `as` declares it: `const tx2 = `.
 */
export function movingAnother(of: string | undefined, name: string, as = ''): string | undefined {
  const method = CLONING_METHODS.get(of ?? '')
  return method && `move ${method === 'clone' ? 'a clone' : 'another handle'}: \`${as}${name}.${method}()\``
}

export const typeText = (file: FileInfo, binding: Binding): string => file.factsOf(binding)?.text() ?? 'unknown'

/** Returns the edits that import an export of the library under its own name. */
export function importing(file: FileInfo, name: string): Edit[] {
  const { bindings } = file.scopes.module
  for (const binding of bindings.values()) {
    if (binding.kind !== 'import' || binding.declaration.source.value !== 'fearless') continue
    if (binding.node.type === 'ImportSpecifier' && binding.node.imported.name === name) return []
  }
  for (const statement of file.program.body as Node[]) {
    if (statement.type !== 'ImportDeclaration' || statement.source.value !== 'fearless') continue
    if (statement.importKind === 'type') continue
    const last = statement.specifiers.findLast(({ type }: Node) => type === 'ImportSpecifier')
    if (last) return [{ start: last.end, end: last.end, text: `, ${name}` }]
  }
  return [{ start: 0, end: 0, text: `import { ${name} } from 'fearless'\n` }]
}

/** Returns the statement that contains a node, and the indentation of its line. */
export function statementOf(file: FileInfo, node: Node): { node: Node; indent: string } {
  let at = node
  while (at.parent && !/^(?:BlockStatement|Program|StaticBlock|SwitchCase)$/.test(at.parent.type)) at = at.parent
  const line = file.text.lastIndexOf('\n', at.start - 1) + 1
  return { node: at, indent: /^[ \t]*/.exec(file.text.slice(line, at.start))![0] }
}

export const isIn = (node: Node, outer: Node): boolean => outer.start <= node.start && node.end <= outer.end

/** Returns the expression inside `await x`, `(x)` and `x!`. */
export function awaited(node: Node): Node {
  let at = unwrap(node)
  while (at.type === 'AwaitExpression') at = unwrap(at.argument)
  return at
}
