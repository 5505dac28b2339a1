/**
 * Resolves the function that a call runs: by its name in this file, then by the name's origin in the file that declares
 * it, then by TypeScript's symbol of a method. Functions of other packages and of declaration files stay unresolved.
 */
import { isFunctionLiteral, unwrap, type Node } from '@fearless/compiler/analysis'
import type { FileInfo } from '../file-info.ts'
import { originOf, type FileAt } from './reach.ts'

export interface Callee {
  readonly file: FileInfo
  readonly fn: Node
}

export function calleeOf(file: FileInfo, call: Node, fileAt: FileAt): Callee | undefined {
  const callee = unwrap(call.callee)
  if (isFunctionLiteral(callee)) return { file, fn: callee }
  return functionNamed(file, callee, fileAt) ?? functionByType(file, call, fileAt)
}

/**
 * Returns the only function that a name, or a member of an imported namespace, refers to; of a class, its constructor.
 */
export function functionNamed(file: FileInfo, name: Node, fileAt: FileAt): Callee | undefined {
  const value = unwrap(name)
  const id = value.type === 'MemberExpression' ? unwrap(value.object) : value
  const binding = file.bindingOf(id)
  if (binding === undefined || (id !== value && binding.node.type !== 'ImportNamespaceSpecifier')) return undefined
  const origin = binding.kind === 'import' ? originOf(file, id, binding, fileAt) : { file, binding }
  if (origin === undefined || origin.binding.writes.length > 0) return undefined
  const fn =
    origin.binding.kind === 'class' ? constructorOf(origin.binding.node) : origin.file.functionOf(origin.binding)
  return fn && { file: origin.file, fn }
}

function functionByType(file: FileInfo, call: Node, fileAt: FileAt): Callee | undefined {
  const declared = file.calleeOf(call)?.declared()
  const other = declared && (declared.path === file.path ? file : fileAt(declared.path))
  const fn = other?.functionNamedAt(declared!.at)
  return fn && { file: other!, fn }
}

function constructorOf(owner: Node): Node | undefined {
  const member = (owner.body.body as Node[]).find(
    ({ type, kind }) => type === 'MethodDefinition' && kind === 'constructor',
  )
  return member?.value.body ? member.value : undefined
}
