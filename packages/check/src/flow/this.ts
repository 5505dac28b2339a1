/**
 * `this` as a variable: so that what is known of a part of a variable, as of `job.rows`, is known of `this.rows`.
 *
 * Other code may put something new into a field while a function waits, or calls a function. So what is known of a field that
 * the file assigns outside of constructors ends there. `this` under another name is not followed.
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
  /** Is it only asked for its fields and methods, taken apart, passed on and returned? */
  isFollowed: boolean
}

const known = new WeakMap<Scopes, Map<Node, Self>>()
const assigned = new WeakMap<Scopes, readonly string[]>()

/** The variable that a `this` is; undefined where it has another name, too. */
export function thisAt(scopes: Scopes, node: Node): Binding | undefined {
  const owner = scopes.specials.length === 0 ? undefined : ownerOf(node)
  const self = owner && selvesOf(scopes).get(owner)
  return self?.isFollowed ? self.binding : undefined
}

/** What a `this` is of: a function, a field of a class or a static block. */
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
    // No name begins where a function or a member begins.
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

/** The fields that the file assigns outside of constructors, as steps: `.rows`, `.#rows`. */
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

/** May a call put something into the fields of the `this` around it: by a function that it is given, or by `this` itself? */
export const passesThis = (call: Node): boolean =>
  call.arguments.some((argument: Node) => {
    const value = unwrap(argument)
    return value.type === 'ThisExpression' || isFunctionLiteral(value)
  })
