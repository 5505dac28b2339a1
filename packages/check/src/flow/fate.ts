/**
 * The destination of an expression's value, by syntax alone: none, a condition, the caller of the enclosing function, a
 * variable, or a use.
 *
 * `a && b`, `a ?? b`, `c ? a : b` and `(a, b)` pass a value on, so a value is followed through them.
 */
import { outermost, type Node } from '@fearless/compiler/analysis'
import { functionAround } from '../syntax/functions.ts'

export type Destination =
  /** `tested`: only its truth is read, which for an object is constant. */
  | { kind: 'dropped' | 'tested' | 'used' }
  /** A function literal returns it. */
  | { kind: 'returned'; literal: Node }
  /** The identifier `id` receives it. */
  | { kind: 'named'; id: Node }

const DROPPED: Destination = { kind: 'dropped' }
const TESTED: Destination = { kind: 'tested' }
const USED: Destination = { kind: 'used' }

export function destinationOf(value: Node): Destination {
  for (let at = outermost(value); ;) {
    const parent: Node | undefined = at.parent
    switch (parent?.type) {
      case 'ExpressionStatement':
        return DROPPED
      case 'UnaryExpression':
        return parent.operator === 'void' ? DROPPED : parent.operator === '!' ? TESTED : USED
      case 'LogicalExpression':
        if (parent.left === at && parent.operator === '&&') return TESTED
        break
      case 'ConditionalExpression':
        if (parent.test === at) return TESTED
        break
      case 'SequenceExpression':
        if (parent.expressions.at(-1) !== at) return DROPPED
        break
      case 'IfStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
        return TESTED
      case 'ForStatement':
        return parent.test === at ? TESTED : DROPPED
      case 'ArrowFunctionExpression':
        return parent.body === at && !parent.async ? { kind: 'returned', literal: parent } : USED
      case 'ReturnStatement': {
        const fn = functionAround(parent)
        const plain = fn && /^(?:Arrow)?FunctionExpression$/.test(fn.type) && !fn.async && !fn.generator
        return plain ? { kind: 'returned', literal: fn } : USED
      }
      case 'VariableDeclarator':
        return parent.id.type === 'Identifier' ? { kind: 'named', id: parent.id } : USED
      case 'AssignmentExpression':
        return parent.right === at && parent.left.type === 'Identifier' && parent.operator === '='
          ? { kind: 'named', id: parent.left }
          : USED
      default:
        return USED
    }
    at = outermost(parent)
  }
}
