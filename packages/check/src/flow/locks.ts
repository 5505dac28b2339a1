/**
 * The identity of the lock that an expression refers to: a variable and a projection from it.
 *
 * Two expressions with the same id refer to the same lock; two with different ids may. An alias is resolved: `const b =
 * a`, `Arc.clone(a)`, and a parameter of the closure that a thread starts with.
 */
import { isFunctionLiteral, memberName, outermost, unwrap, type Binding, type Node } from '@fearless/compiler/analysis'
import { functionParametersOf, FUNCTIONS } from '../api.ts'
import type { FileInfo } from '../file-info.ts'
import type { Lock } from './facts.ts'
import { stepOf } from './place.ts'

export function lockOf(file: FileInfo, node: Node, depth = 0): Lock | undefined {
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
      const path = stepOf(value)
      if (path === undefined || isReplaced(file, value.object, path)) return undefined
      return partOf(lockOf(file, value.object, depth + 1), path)
    }
    case 'CallExpression':
      return isClone(file, value) ? lockOf(file, value.arguments[0], depth + 1) : undefined
    default:
      return undefined
  }
}

function lockOfBinding(file: FileInfo, binding: Binding, depth: number): Lock | undefined {
  const { name } = binding
  if (binding.kind === 'import') {
    if (binding.node.type !== 'ImportSpecifier') return undefined
    const imported: string = binding.node.imported.name ?? binding.node.imported.value
    const path = file.resolve(binding.declaration.source.value)
    return { id: `${path ?? binding.declaration.source.value}#${imported}`, text: name }
  }
  if (binding.writes.length > 0) return undefined
  if (binding.kind === 'param') return lockOfParam(file, binding, depth)
  const path = binding.kind === 'const' && binding.node.init ? pathIn(binding.node.id, binding.id) : undefined
  if (path !== undefined && path !== '' && !isReplaced(file, binding.node.init, firstOf(path))) {
    const lock = partOf(lockOf(file, binding.node.init, depth), path)
    if (lock !== undefined) return lock
  }
  if (path === '') {
    const init = unwrap(binding.node.init)
    const same = init.type === 'Identifier' || init.type === 'MemberExpression' || isClone(file, init)
    const lock = same ? lockOf(file, init, depth) : undefined
    if (lock !== undefined) return lock
  }
  if (binding.exported) return { id: `${file.path}#${name}`, text: name }
  return { id: `${file.path}@${binding.id.start}`, text: name }
}

/** Returns the lock at a projection from a known lock. */
function partOf(whole: Lock | undefined, path: string): Lock | undefined {
  return (
    whole && {
      id: whole.id + path,
      text: whole.text + path,
      ...(whole.param && { param: { ...whole.param, path: whole.param.path + path } }),
    }
  )
}

/** Returns the first step of a path: `.a` of `.a[0]`. */
const firstOf = (path: string): string => /^(?:\.[^.[]+|\[\d+\])/.exec(path)![0]

/** Returns the path from a pattern to a name in it; undefined if the name has a default or is a rest element. */
function pathIn(pattern: Node, id: Node): string | undefined {
  if (pattern === id) return ''
  if (pattern.type === 'ObjectPattern') {
    for (const { type, computed, key, value } of pattern.properties as Node[]) {
      const path = type === 'Property' && !computed ? pathIn(value, id) : undefined
      if (path !== undefined) return `.${key.name ?? key.value}${path}`
    }
  }
  if (pattern.type === 'ArrayPattern') {
    for (const [index, element] of (pattern.elements as (Node | null)[]).entries()) {
      const path = element ? pathIn(element, id) : undefined
      if (path !== undefined) return `[${index}]${path}`
    }
  }
  return undefined
}

const REARRANGING = new Set('pop shift unshift splice sort reverse fill copyWithin'.split(' '))

/** Whether the program assigns this place or reorders its container, so that the place refers to several locks. */
function isReplaced(file: FileInfo, whole: Node, step: string): boolean {
  const binding = file.bindingOf(whole)
  return (
    binding !== undefined &&
    binding.references.some(({ node }) => {
      const member = outermost(node).parent
      if (member?.type !== 'MemberExpression' || unwrap(member.object) !== node) return false
      const { parent } = outermost(member)
      if (parent?.type === 'AssignmentExpression' && unwrap(parent.left) === member)
        return (stepOf(member) ?? step) === step
      return parent?.type === 'CallExpression' && parent.callee === member && REARRANGING.has(memberName(member) ?? '')
    })
  )
}

function lockOfParam(file: FileInfo, binding: Binding, depth: number): Lock | undefined {
  const own: Lock = { id: `${file.path}@${binding.id.start}`, text: binding.name }
  const fn = binding.scope.node
  const index: number = fn.params?.indexOf(binding.id) ?? -1
  if (index === -1) return own
  const given = isFunctionLiteral(fn) ? argumentsOfSpawn(file, fn)[index] : undefined
  if (given !== undefined) return lockOf(file, given, depth)
  return { ...own, param: { index, path: '' } }
}

/**
 * Returns the arguments that a thread's closure receives: `args` of `spawn(f, ...args)`, up to the first spread list.
 */
function argumentsOfSpawn(file: FileInfo, literal: Node): Node[] {
  const call = file.closureOf(literal)?.call
  const row = call && file.operationOf(call)
  if (row?.spawns !== 'thread') return []
  const given = (call!.arguments as Node[]).slice(functionParametersOf(row)[0]! + 1)
  const spread = given.findIndex(({ type }) => type === 'SpreadElement')
  return spread === -1 ? given : given.slice(0, spread)
}

/** Whether a call returns another handle of the object that it receives: `Arc.clone(a)`. */
function isClone(file: FileInfo, node: Node): boolean {
  const path = node.type === 'CallExpression' ? file.pathOf(node.callee) : undefined
  return path !== undefined && FUNCTIONS.get(path)?.handle === true && node.arguments.length === 1
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
