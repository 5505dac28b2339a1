/**
 * Which lock an expression is: a variable and a path from it.
 *
 * Two expressions with the same id are the same lock; nothing is said about two with different ids. A name that only
 * stands for another (`const b = a`, `Arc.clone(a)`, a parameter of the closure a thread is started with) is followed.
 */
import { callAround, isFunctionLiteral, memberName, unwrap, type Binding, type Node } from '@fearless/compiler/analysis'
import type { FileModel } from '../model.ts'
import type { Lock } from './facts.ts'

export function lockOf(file: FileModel, node: Node, depth = 0): Lock | undefined {
  const value = unwrap(node)
  if (depth > 16) return undefined
  switch (value.type) {
    case 'Identifier': {
      const binding = file.scopes.bindingOf(value)
      return binding && lockOfBinding(file, binding, depth + 1)
    }
    case 'ThisExpression': {
      const owner = classAround(value)
      return owner && { id: `${file.path}@${owner.start}`, text: 'this' }
    }
    case 'MemberExpression': {
      const name = value.property.type === 'PrivateIdentifier' ? `#${value.property.name}` : memberName(value)
      const object = name === undefined ? undefined : lockOf(file, value.object, depth + 1)
      if (object === undefined) return undefined
      const path = `.${name}`
      return {
        id: object.id + path,
        text: object.text + path,
        ...(object.param && { param: { ...object.param, path: object.param.path + path } }),
      }
    }
    case 'CallExpression':
      return isClone(file, value) ? lockOf(file, value.arguments[0], depth + 1) : undefined
    default:
      return undefined
  }
}

function lockOfBinding(file: FileModel, binding: Binding, depth: number): Lock | undefined {
  const { name } = binding
  if (binding.kind === 'import') {
    if (binding.node.type !== 'ImportSpecifier') return undefined
    const imported: string = binding.node.imported.name ?? binding.node.imported.value
    const path = file.resolve(binding.declaration.source.value)
    return { id: `${path ?? binding.declaration.source.value}#${imported}`, text: name }
  }
  if (binding.writes.length > 0) return undefined
  if (binding.kind === 'param') return lockOfParam(file, binding, depth)
  if (binding.kind === 'const' && binding.node.id === binding.id && binding.node.init) {
    const init = unwrap(binding.node.init)
    const same = init.type === 'Identifier' || init.type === 'MemberExpression' || isClone(file, init)
    const lock = same ? lockOf(file, init, depth) : undefined
    if (lock !== undefined) return lock
  }
  if (binding.exported) return { id: `${file.path}#${name}`, text: name }
  return { id: `${file.path}@${binding.id.start}`, text: name }
}

function lockOfParam(file: FileModel, binding: Binding, depth: number): Lock | undefined {
  const own: Lock = { id: `${file.path}@${binding.id.start}`, text: binding.name }
  const fn = binding.scope.node
  const index: number = fn.params?.indexOf(binding.id) ?? -1
  if (index === -1) return own
  const call = isFunctionLiteral(fn) ? spawnAround(file, fn) : undefined
  const given = call?.arguments[index + 1]
  if (given !== undefined) return lockOf(file, given, depth)
  return { ...own, param: { index, path: '' } }
}

/** The `spawn(f, ...args)` that a function literal is the `f` of. */
function spawnAround(file: FileModel, literal: Node): Node | undefined {
  const closure = file.closureOf(literal)
  const call = closure?.call
  return call &&
    call.type === 'CallExpression' &&
    callAround(literal) !== undefined &&
    closure.call!.arguments.length > 1
    ? call
    : undefined
}

function isClone(file: FileModel, node: Node): boolean {
  return node.type === 'CallExpression' && file.pathOf(node.callee) === 'Arc.clone' && node.arguments.length === 1
}

function classAround(node: Node): Node | undefined {
  for (let at = node.parent; at !== undefined; at = at.parent) {
    if (at.type === 'ClassDeclaration' || at.type === 'ClassExpression') return at
    if (
      at.type === 'FunctionDeclaration' ||
      (at.type === 'FunctionExpression' && at.parent?.type !== 'MethodDefinition')
    )
      return undefined
  }
  return undefined
}
