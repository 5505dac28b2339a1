/** The functions of a syntax tree: which nodes are functions, and which function encloses a node. */
import { children, isFunctionLiteral, type Node } from '@fearless/compiler/analysis'

export const contains = (outer: Node, inner: Node): boolean => outer.start <= inner.start && inner.end <= outer.end

export const FUNCTION_TYPES: ReadonlySet<string> = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'StaticBlock',
])

/** Returns the function that encloses a node, other than the node itself; undefined at module level. */
export function functionAround(node: Node): Node | undefined {
  for (let at = node.parent; at !== undefined; at = at.parent) if (FUNCTION_TYPES.has(at.type)) return at
  return undefined
}

/**
 * Yields the functions inside a node; a class body with instance fields is one, because constructors run the fields.
 */
export function* functionsIn(node: Node): Generator<Node> {
  const stack = [node]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const runs = FUNCTION_TYPES.has(next.type) ? next.type === 'StaticBlock' || next.body : isClassWithFields(next)
    if (next !== node && runs) yield next
    for (const child of childrenOf(next)) stack.push(child)
  }
}

const isClassWithFields = ({ type, body }: Node): boolean => type === 'ClassBody' && body.some(isInstanceField)

function childrenOf(node: Node): Node[] {
  const found: Node[] = []
  children(node, child => void found.push(child))
  return found
}

/** Whether a class member is a field of instances. Together, these fields are a part of every constructor. */
export const isInstanceField = ({ type, static: own, value }: Node): boolean =>
  (type === 'PropertyDefinition' || type === 'AccessorProperty') && !own && value !== null && !isFunctionLiteral(value)
