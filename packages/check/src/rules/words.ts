/** Pieces of text and of programs that several rules put into their findings. */
import { callAround, refusals, unwrap, type Binding, type Node } from '@fearless/compiler/analysis'
import type { FileModel, ThreadClosure } from '../file-info.ts'
import type { Edit } from '../report/diagnostic.ts'

/** A mark with its text. */
export const { label } = refusals

export const quoted = (names: readonly string[]): string => names.map(name => `\`${name}\``).join(', ')

/** `move` of `move(() => ...)`, or the arrow of a closure. */
export function headOf(file: FileModel, literal: Node): { start: number; end: number } {
  const call = callAround(literal)
  if (call && call.type === 'CallExpression' && file.pathOf(call.callee) === 'move') return call.callee
  return refusals.headOf(file.text, literal)
}

/** `thread.spawn`, as the program writes it. */
export function takerName(file: FileModel, closure: ThreadClosure): string {
  if (!closure.call) return 'the thread'
  const { start, end } = closure.call.callee
  return file.text.slice(start, end).replaceAll(/\s*\n\s*/g, '')
}

export const typeText = (file: FileModel, binding: Binding): string => file.factsOf(binding)?.text() ?? 'unknown'

/** The edits that make an export of the library usable in a file under its own name. */
export function importing(file: FileModel, name: string): Edit[] {
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

/** The statement a node is in, and the white space its line begins with. */
export function statementOf(file: FileModel, node: Node): { node: Node; indent: string } {
  let at = node
  while (at.parent && !/^(?:BlockStatement|Program|StaticBlock|SwitchCase)$/.test(at.parent.type)) at = at.parent
  const line = file.text.lastIndexOf('\n', at.start - 1) + 1
  return { node: at, indent: /^[ \t]*/.exec(file.text.slice(line, at.start))![0] }
}

export const isIn = (node: Node, outer: Node): boolean => outer.start <= node.start && node.end <= outer.end

/** `await x` and `(x)` and `x!` are still `x` to a reader. */
export function awaited(node: Node): Node {
  let at = unwrap(node)
  while (at.type === 'AwaitExpression') at = unwrap(at.argument)
  return at
}
