/**
 * A variable and a way from it: `job.bytes`, `locks[0]`, `jobs[i]`. Two of the same text are the same place, as long as
 * neither the variables that count nor the order of what is counted has changed in between.
 */
import { memberName, outermost, unwrap, type Binding, type Node } from '@fearless/compiler/analysis'
import { isVariable, type FileModel } from '../file-info.ts'
import { thisAt } from './this.ts'

export interface Place {
  readonly binding: Binding
  /** `.bytes`; empty for the variable itself. */
  readonly path: string
}

/** `.name` or `[0]`, where it is the same at each evaluation. */
export function stepOf(member: Node): string | undefined {
  if (member.property.type === 'PrivateIdentifier') return `.#${member.property.name}`
  const name = memberName(member)
  if (name !== undefined) return `.${name}`
  return typeof member.property.value === 'number' ? `[${member.property.value}]` : undefined
}

/** An index that a variable has, by where the variable is declared: `[i@17]`. */
const INDEX = /@(\d+)(?=\])/g

/** `.name`, `[0]`, or an element whose index is a variable. */
function stepIn(file: FileModel, member: Node): string | undefined {
  const step = stepOf(member)
  if (step !== undefined || !member.computed) return step
  const index = file.bindingOf(member.property)
  return index && isVariable(index) ? `[${index.name}@${index.id.start}]` : undefined
}

/** The variables that choose elements which a way passes, by where they are declared. */
export const namesIn = (path: string): number[] =>
  path.includes('@') ? Array.from(path.matchAll(INDEX), ([, start]) => Number(start)) : []

/** A way as it is written. */
export const written = (path: string): string => path.replace(INDEX, '')

export function placeOf(file: FileModel, value: Node): Place | undefined {
  const node = unwrap(value)
  if (node.type !== 'MemberExpression') {
    const binding = node.type === 'ThisExpression' ? thisAt(file.scopes, node) : file.bindingOf(node)
    return binding && { binding, path: '' }
  }
  const step = stepIn(file, node)
  const whole = step === undefined ? undefined : placeOf(file, node.object)
  return whole && { binding: whole.binding, path: whole.path + step }
}

/** The way from a name where it stands, the longest or the given one, and whether it is only assigned to there. */
export function pathFrom(file: FileModel, name: Node, until?: string): { path: string; node: Node; assigned: boolean } {
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

/** Is a place the other one, or in it? */
export const isWithin = (path: string, outer: string): boolean =>
  path.startsWith(outer) && /^(?:$|[.[])/.test(path.slice(outer.length))

/**
 * Where elements may change their places by what a name is used for here: `jobs` of `jobs.shift()`, and of `sort(jobs)`.
 * Undefined where a part is merely read.
 */
export function shuffledBy(file: FileModel, name: Node): string | undefined {
  const { path, node } = pathFrom(file, name)
  const { parent } = node
  if (parent?.type === 'MemberExpression' && parent.object === node) return undefined
  if (parent?.type !== 'CallExpression' || parent.callee !== node) return path
  const member = unwrap(node)
  return member.type === 'MemberExpression' ? path.slice(0, path.length - stepIn(file, member)!.length) : undefined
}

/** Is a place an element, or in one, of what a way leads to? */
export const isElementOf = (path: string, of: string): boolean => path.startsWith(`${of}[`)
