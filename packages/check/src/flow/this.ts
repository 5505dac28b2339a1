/**
 * `this` as a variable, so that `this.rows` is a place like `job.rows`.
 *
 * Other code may assign a field while a function waits or calls a function. So each wait and call kills the facts about
 * the fields that the file assigns outside of constructors. An alias of `this` is not followed.
 */
import {
  children,
  isFunctionLiteral,
  memberName,
  outermost,
  unwrap,
  type Binding,
  type Node,
  type Scopes,
} from '@fearless/compiler/analysis'

interface Self {
  readonly binding: Binding
  /** Whether every use of it is a member access, a destructuring, an argument or a returned value. */
  isFollowed: boolean
}

const known = new WeakMap<Scopes, Map<Node, Self>>()
const assigned = new WeakMap<Scopes, readonly string[]>()

/** Returns the variable of a `this`; undefined if the `this` has an alias. */
export function thisAt(scopes: Scopes, node: Node): Binding | undefined {
  const owner = scopes.specials.length === 0 ? undefined : ownerOf(node)
  const self = owner && selvesOf(scopes).get(owner)
  return self?.isFollowed ? self.binding : undefined
}

/** Returns the owner of a `this`: a function, a field of a class or a static block. */
function ownerOf(node: Node): Node | undefined {
  for (let at = node.parent, below = node; at !== undefined; below = at, at = at.parent) {
    if (at.type.startsWith('Function') || at.type === 'StaticBlock') return at
    if (at.type === 'PropertyDefinition' && at.value === below) return at
  }
  return undefined
}

function selvesOf(scopes: Scopes): Map<Node, Self> {
  let found = known.get(scopes)
  if (found === undefined) {
    found = new Map()
    for (const { word, node, owner } of scopes.specials) {
      if (word !== 'this' || owner === undefined || owner.generator) continue
      let self = found.get(owner)
      if (self === undefined) found.set(owner, (self = { binding: bindingOf(owner), isFollowed: true }))
      if (isNamed(node)) self.isFollowed = false
    }
    known.set(scopes, found)
  }
  return found
}

function bindingOf(owner: Node): Binding {
  const scope = { kind: 'function' as const, node: owner, parent: undefined, bindings: new Map<string, Binding>() }
  return {
    name: 'this',
    kind: 'const',
    scope,
    // No identifier has the offset of a function or a member, so the owner is a unique id.
    id: owner,
    node: owner,
    declaration: owner,
    references: [],
    writes: [],
    exported: false,
    more: [],
    extended: false,
  }
}

function isNamed(node: Node): boolean {
  const { parent } = outermost(node)
  switch (parent?.type) {
    case 'VariableDeclarator':
      return parent.id.type !== 'ObjectPattern'
    case 'MemberExpression':
    case 'CallExpression':
    case 'ReturnStatement':
    case 'ArrowFunctionExpression':
      return false
    default:
      return true
  }
}

/** Returns the fields that the file assigns outside of constructors, as steps: `.rows`, `.#rows`. */
export function assignedFields(scopes: Scopes): readonly string[] {
  let found = assigned.get(scopes)
  if (found === undefined) {
    const fields = new Set<string>()
    collect(scopes.module.node, fields)
    assigned.set(scopes, (found = [...fields]))
  }
  return found
}

function collect(root: Node, fields: Set<string>): void {
  const stack = [root]
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.type === 'MethodDefinition' && node.kind === 'constructor') continue
    if (node.type === 'MemberExpression' && isTarget(node)) {
      const { property } = node
      fields.add(property.type === 'PrivateIdentifier' ? `.#${property.name}` : `.${memberName(node) ?? ''}`)
    }
    children(node, child => void stack.push(child))
  }
}

function isTarget(member: Node): boolean {
  const outer = outermost(member)
  switch (outer.parent?.type) {
    case 'AssignmentExpression':
      return outer.parent.left === outer
    case 'Property':
      return outer.parent.parent?.type === 'ObjectPattern'
    case 'ArrayPattern':
    case 'RestElement':
    case 'AssignmentPattern':
    case 'UpdateExpression':
      return true
    default:
      return outer.parent?.type.startsWith('For') === true && outer.parent.left === outer
  }
}

/** Whether a call may assign fields of the enclosing `this`: through `this`, or through a function argument. */
export const passesThis = (call: Node): boolean =>
  call.arguments.some((argument: Node) => {
    const value = unwrap(argument)
    return value.type === 'ThisExpression' || isFunctionLiteral(value)
  })
