/**
 * A variable and a constant way from it: `job.bytes`, `locks[0]`. Only what is written so is known to be the same place
 * at two places of the program.
 */
import { memberName, outermost, unwrap, type Binding, type Node } from '@fearless/compiler/analysis'
import type { FileModel } from '../model.ts'

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

export function placeOf(file: FileModel, value: Node): Place | undefined {
  const node = unwrap(value)
  if (node.type !== 'MemberExpression') {
    const binding = file.bindingOf(node)
    return binding && { binding, path: '' }
  }
  const step = stepOf(node)
  const whole = step === undefined ? undefined : placeOf(file, node.object)
  return whole && { binding: whole.binding, path: whole.path + step }
}

/** The way from a name where it stands, the longest or the given one, and whether it is only assigned to there. */
export function pathFrom(name: Node, until?: string): { path: string; node: Node; assigned: boolean } {
  let node = outermost(name)
  let path = ''
  while (path !== until) {
    const { parent } = node
    const step = parent?.type === 'MemberExpression' && parent.object === node ? stepOf(parent) : undefined
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
