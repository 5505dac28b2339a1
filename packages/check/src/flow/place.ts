/**
 * Places: a variable and a projection from it, such as `job.bytes`, `locks[0]` and `jobs[i]`. Two places with the same
 * text are equal until an index variable is assigned, or the elements are reordered.
 */
import { memberName, outermost, unwrap, type Binding, type Node } from '@fearless/compiler/analysis'
import { isVariable, type FileInfo } from '../file-info.ts'
import { thisAt } from './this.ts'

export interface Place {
  readonly binding: Binding
  /** `.bytes`; empty for the variable itself. */
  readonly path: string
}

/** Returns a constant step, `.name` or `[0]`; undefined for a computed one. */
export function stepOf(member: Node): string | undefined {
  if (member.property.type === 'PrivateIdentifier') return `.#${member.property.name}`
  const name = memberName(member)
  if (name !== undefined) return `.${name}`
  return typeof member.property.value === 'number' ? `[${member.property.value}]` : undefined
}

/** The offset of an index variable's declaration in a step: `[i@17]`. */
const INDEX = /@(\d+)(?=\])/g

/** Returns a step: `.name`, `[0]`, or `[i@17]` for an index variable. */
function stepIn(file: FileInfo, member: Node): string | undefined {
  const step = stepOf(member)
  if (step !== undefined || !member.computed) return step
  const index = file.bindingOf(member.property)
  return index && isVariable(index) ? `[${index.name}@${index.id.start}]` : undefined
}

/** Returns the offsets of the declarations of a path's index variables. */
export const indexVariablesIn = (path: string): number[] =>
  path.includes('@') ? Array.from(path.matchAll(INDEX), ([, start]) => Number(start)) : []

/** Returns a path as the program writes it. */
export const pathText = (path: string): string => path.replace(INDEX, '')

export function placeOf(file: FileInfo, value: Node): Place | undefined {
  const node = unwrap(value)
  if (node.type !== 'MemberExpression') {
    const binding = node.type === 'ThisExpression' ? thisAt(file.scopes, node) : file.bindingOf(node)
    return binding && { binding, path: '' }
  }
  const step = stepIn(file, node)
  const whole = step === undefined ? undefined : placeOf(file, node.object)
  return whole && { binding: whole.binding, path: whole.path + step }
}

/**
 * Returns the longest projection from a use of a name, or the one that equals `until`, and whether the use only assigns
 * it.
 */
export function pathFrom(file: FileInfo, name: Node, until?: string): { path: string; node: Node; assigned: boolean } {
  let node = outermost(name)
  let path = ''
  while (path !== until) {
    const { parent } = node
    const step = parent?.type === 'MemberExpression' && parent.object === node ? stepIn(file, parent) : undefined
    if (step === undefined) break
    path += step
    node = outermost(parent!)
  }
  return { path, node, assigned: isAssigned(node) }
}

function isAssigned(node: Node): boolean {
  const { parent } = node
  switch (parent?.type) {
    case 'AssignmentExpression':
      return parent.left === node && parent.operator === '='
    case 'Property':
      return parent.value === node && parent.parent?.type === 'ObjectPattern'
    case 'ForOfStatement':
    case 'ForInStatement':
    case 'AssignmentPattern':
      return parent.left === node
    case 'ArrayPattern':
    case 'RestElement':
      return true
    default:
      return false
  }
}

/** Whether a path is equal to another one, or a projection from it. */
export const isWithin = (path: string, outer: string): boolean =>
  path.startsWith(outer) && /^(?:$|[.[])/.test(path.slice(outer.length))

/**
 * Returns the path whose elements a use of a name may reorder: `jobs` of `jobs.shift()` and of `sort(jobs)`. Returns
 * undefined if the use only reads a part.
 */
export function reorderedPathOf(file: FileInfo, name: Node): string | undefined {
  const { path, node } = pathFrom(file, name)
  const { parent } = node
  if (parent?.type === 'MemberExpression' && parent.object === node) return undefined
  if (parent?.type !== 'CallExpression' || parent.callee !== node) return path
  const member = unwrap(node)
  return member.type === 'MemberExpression' ? path.slice(0, path.length - stepIn(file, member)!.length) : undefined
}

/** Whether a path is an element of another one, or a projection from an element. */
export const isElementOf = (path: string, of: string): boolean => path.startsWith(`${of}[`)
