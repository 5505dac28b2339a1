/**
 * Escape analysis of the views that `vec.with(view => ...)` lends: finds callbacks that certainly keep no view beyond
 * the call.
 *
 * The runtime lends shared memory itself only to those callbacks. All others get a copy that is detached afterwards. So
 * a wrong "confined" is a data race, and a wrong "escapes" costs a copy.
 *
 * 1. A function confines a parameter if each reference to it is a use that passes the view to no other code: an
 *    element, the length, a method that keeps nothing, a copy.
 * 2. A use whose value is the view again (`fill`, `subarray`, `const row = view`) is followed.
 * 3. A function of the same file may receive the view if it confines that parameter. A recursive call is assumed to
 *    confine it: an escape is a path to one use, and the shortest such path has no cycle.
 * 4. A closure inside may use the view if it is called before the callback ends and stored nowhere: a function that is
 *    only called by its name, or the callback of a method of the view, of an array literal, of a vec or of another
 *    object of the library that calls it at once.
 */
import { METHODS, type Operation } from 'fearless/api'
import { isTarget } from './mutation.ts'
import { classOf, globalPath, isFunctionOf } from './find.ts'
import { inRange, type Binding, type Kind, type Scopes } from '../syntax/scope.ts'
import { isFunctionLiteral, memberName, outermost, unwrap, type Node } from '../syntax/syntax.ts'

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))

const SIZES = words('length byteLength BYTES_PER_ELEMENT')
/** Methods whose result contains no part of the view. */
const READERS = words('at includes indexOf lastIndexOf join slice toReversed toSorted toString toLocaleString with set')
/** Methods that return the view, or another view of its memory. */
const ITSELF = words('fill sort reverse copyWithin subarray')
const WRITERS = words('set fill sort reverse copyWithin')
const ITERATORS = words('keys values entries')
/** Methods that call a function at once, with the position of the view among that function's parameters. */
const CALLERS = new Map<string, number>([
  ...['map', 'filter', 'forEach', 'every', 'some', 'find', 'findIndex', 'findLast', 'findLastIndex', 'flatMap'].map(
    name => [name, 2] as const,
  ),
  ['reduce', 3],
  ['reduceRight', 3],
])
/** Globals that copy the numbers of their argument. */
const COPIERS =
  /^(?:(?:Int8|Uint8|Uint8Clamped|Int16|Uint16|Int32|Uint32|BigInt64|BigUint64|Float16|Float32|Float64)Array(?:\.from)?|Array\.from|Array\.isArray|Set)$/
/** Globals that a method may receive as a callback. */
const NUMERIC = /^(?:Math\.\w+|Number(?:\.\w+)?|String|Boolean|isNaN|isFinite|parseInt|parseFloat)$/

/** Kinds of names that may hold an object which another function stored there. */
const HOLDERS: ReadonlySet<Kind> = new Set(['const', 'let', 'var', 'using', 'param', 'catch'])

/** The verdict on the function of a call `x.with(view => ...)`. */
export interface Lending {
  readonly call: Node
  /**
   *   seen: confines its view, and writes nothing through it
   *   view: confines its view
   *   kept: certainly stores its view where it outlives the call
   *   unknown: may store it in one of the variables that it captures
   */
  readonly verdict: 'seen' | 'view' | 'kept' | 'unknown'
  /** For `unknown`: these variables. */
  readonly captured: readonly string[]
}

/** Returns the calls with a verdict. */
export function lendingsOf(scopes: Scopes): Lending[] {
  const reading = new ViewEscape(scopes, true)
  const writing = new ViewEscape(scopes, false)
  return scopes.calls.flatMap(({ node: call }): Lending[] => {
    if (!isWithCall(call)) return []
    const [fn] = call.arguments
    const verdict = (['seen', 'view', 'kept'] as const).find(each =>
      each === 'kept' ? isKept(scopes, unwrap(fn)) : (each === 'seen' ? reading : writing).isConfined(fn),
    )
    if (verdict !== undefined) return [{ call, verdict, captured: [] }]
    const captured = capturedVariables(scopes, unwrap(fn))
    return captured.length === 0 ? [] : [{ call, verdict: 'unknown', captured }]
  })
}

/** Returns the outer variables that a function mentions, and that may hold an object. */
function capturedVariables(scopes: Scopes, fn: Node): string[] {
  const found = new Set<string>()
  for (const { binding } of inRange(scopes.references, fn.start, fn.end)) {
    if (binding === undefined || !HOLDERS.has(binding.kind)) continue
    if (isDeclaredOutside(binding, fn)) found.add(binding.name)
  }
  return [...found]
}

function isWithCall(call: Node): boolean {
  const callee = unwrap(call.callee)
  return (
    callee.type === 'MemberExpression' &&
    memberName(callee) === 'with' &&
    call.arguments.length === 1 &&
    isFunctionLiteral(unwrap(call.arguments[0])) &&
    unwrap(call.arguments[0]).params.length > 0
  )
}

// -------------------------------------------------------------- certainly kept

/**
 * Returns true if a function certainly returns its first parameter or a part of it, or stores it where it outlives the
 * call.
 */
function isKept(scopes: Scopes, fn: Node): boolean {
  const [param] = fn.params
  return param?.type === 'Identifier' && param.name !== 'this' && isNameKept(scopes, param, fn, 0)
}

function isNameKept(scopes: Scopes, id: Node, fn: Node, depth: number): boolean {
  return inRange(scopes.references, fn.start, fn.end).some(
    ({ node, write, binding }) => binding?.id === id && !write && isValueKept(scopes, node, fn, depth),
  )
}

/** Follows a value outwards as long as the surrounding expression still contains the view. */
function isValueKept(scopes: Scopes, node: Node, fn: Node, depth: number): boolean {
  const value = outermost(node)
  const { parent } = value
  if (parent === undefined) return false
  if (parent === fn) return fn.body === value
  switch (parent.type) {
    case 'ReturnStatement':
      return functionAround(parent) === fn || isCaptured(scopes, value, fn, depth)
    case 'AssignmentExpression':
      return (
        parent.right === value && /^(?:\?\?|\|\||&&)?=$/.test(parent.operator) && isOutside(scopes, parent.left, fn)
      )
    case 'VariableDeclarator':
      return parent.id.type === 'Identifier' && depth < 4 && isNameKept(scopes, parent.id, fn, depth + 1)
    case 'ConditionalExpression':
      return parent.test !== value && isValueKept(scopes, parent, fn, depth)
    case 'SequenceExpression':
      return parent.expressions.at(-1) === value && isValueKept(scopes, parent, fn, depth)
    case 'Property':
      return (
        parent.value === value &&
        parent.parent?.type === 'ObjectExpression' &&
        isValueKept(scopes, parent.parent, fn, depth)
      )
    case 'LogicalExpression':
    case 'ArrayExpression':
      return isValueKept(scopes, parent, fn, depth)
    case 'NewExpression':
      return globalPath(scopes, parent.callee) === 'DataView' && isValueKept(scopes, parent, fn, depth)
    case 'MemberExpression': {
      if (parent.object !== value) return isCaptured(scopes, value, fn, depth)
      const name = memberName(parent)
      if (name === 'buffer') return isValueKept(scopes, parent, fn, depth)
      const call = outermost(parent).parent
      const isCall = call?.type === 'CallExpression' && call.callee === outermost(parent)
      if (isCall && name !== undefined && ITSELF.has(name)) return isValueKept(scopes, call, fn, depth)
      return isCaptured(scopes, value, fn, depth)
    }
    case 'CallExpression': {
      const callee = unwrap(parent.callee)
      const isStored =
        callee.type === 'MemberExpression' && storesFrom(scopes, callee) <= parent.arguments.indexOf(value)
      if (isStored && isOutside(scopes, callee.object, fn)) return true
      return isCaptured(scopes, value, fn, depth)
    }
    default:
      return isCaptured(scopes, value, fn, depth)
  }
}

function functionAround(node: Node): Node | undefined {
  let around = node.parent
  while (around !== undefined && !/Function/.test(around.type)) around = around.parent
  return around
}

/** Returns true if the innermost closure that uses the view here is itself stored. */
function isCaptured(scopes: Scopes, node: Node, fn: Node, depth: number): boolean {
  for (let around = node.parent; around !== undefined && around !== fn; around = around.parent)
    if (isFunctionLiteral(around)) return isValueKept(scopes, around, fn, depth)
  return false
}

/**
 * Returns the index of the first argument that a method of a known array, Set or Map stores, or Infinity for all
 * others.
 */
function storesFrom(scopes: Scopes, callee: Node): number {
  const object = unwrap(callee.object)
  const binding = object.type === 'Identifier' ? scopes.bindingOf(object) : undefined
  const init =
    binding?.node.type === 'VariableDeclarator' && binding.node.id === binding.id ? binding.node.init : undefined
  const made = init && unwrap(init)
  const method = memberName(callee)
  if (made?.type === 'ArrayExpression') return method === 'push' || method === 'unshift' ? 0 : Infinity
  const path = made?.type === 'NewExpression' ? globalPath(scopes, made.callee) : undefined
  return path === 'Set' && method === 'add' ? 0 : path === 'Map' && method === 'set' ? 1 : Infinity
}

/** Returns true if the root variable of an expression is declared outside of a function. */
function isOutside(scopes: Scopes, node: Node, fn: Node): boolean {
  let root = unwrap(node)
  while (root.type === 'MemberExpression') root = unwrap(root.object)
  if (root.type === 'ThisExpression') return fn.type === 'ArrowFunctionExpression'
  if (root.type !== 'Identifier') return false
  const binding = scopes.bindingOf(root)
  return binding === undefined || isDeclaredOutside(binding, fn)
}

/** Returns true if a method of the library runs its function before it returns, and keeps it nowhere. */
const runsAtOnce = ({ runs, waits, spawns }: Operation): boolean =>
  runs === 'here' && waits !== true && spawns === undefined

const isDeclaredOutside = ({ id }: Binding, fn: Node): boolean => id.start < fn.start || id.end > fn.end

// -------------------------------------------------------------- confined

class ViewEscape {
  readonly #scopes: Scopes
  /** Parameters that are confined, or assumed to be during their own analysis. */
  #confined = new Map<Node, Set<number>>()
  /** The names of a view, each with the parameter that it comes from. */
  readonly #rootOf = new Map<Binding, Node>()
  /** Functions under analysis, which are assumed to be called inside only. */
  readonly #looking = new Set<Node>()

  readonly #readsOnly: boolean

  /** With `readsOnly`, a write through the view counts as an escape. */
  constructor(scopes: Scopes, readsOnly: boolean) {
    this.#scopes = scopes
    this.#readsOnly = readsOnly
  }

  /** Returns true if a function literal confines its first parameter. */
  isConfined(argument: Node): boolean {
    const confined = this.#confines(unwrap(argument), 0)
    // Results may rest on an assumption that has failed, so all are dropped.
    if (!confined) this.#confined = new Map()
    return confined
  }

  #confines(fn: Node, index: number): boolean {
    const known = this.#confined.get(fn) ?? new Set()
    if (known.has(index)) return true
    this.#confined.set(fn, known.add(index))
    if (this.#namesAllArguments(fn)) return false
    const param = fn.params[index] as Node | undefined
    if (fn.params.some(({ type }: Node, i: number) => type === 'RestElement' && i <= index)) return false
    // A `this` among the parameters of TypeScript shifts the others.
    if (fn.params[0]?.name === 'this') return false
    if (param === undefined) return true
    if (fn.async || fn.generator) return false
    const pattern = param.type === 'AssignmentPattern' ? param.left : param
    // `([a, b]) => a + b` reads only numbers.
    if (pattern.type === 'ArrayPattern') return true
    return pattern.type === 'Identifier' && this.#isConfinedName(pattern, fn, pattern, fn)
  }

  /** Returns true if `arguments` or a direct `eval` reaches every parameter. */
  #namesAllArguments(fn: Node): boolean {
    const { start, end } = fn
    return (
      inRange(this.#scopes.references, start, end).some(({ node, binding }) => node.name === 'eval' && !binding) ||
      inRange(this.#scopes.specials, start, end).some(({ word, owner }) => word === 'arguments' && owner === fn)
    )
  }

  /** Returns true if all uses of a name, which is declared in `extent`, keep the view inside `extent`. */
  #isConfinedName(id: Node, home: Node, root: Node, extent: Node): boolean {
    const uses = inRange(this.#scopes.references, extent.start, extent.end).filter(({ node }) => node.name === id.name)
    // A parameter that the body declares again has two bindings.
    if (uses.some(({ binding }) => binding !== undefined && binding.id !== id && binding.scope.node === home))
      return false
    const own = uses.filter(({ binding }) => binding?.id === id)
    const binding = own[0]?.binding
    if (binding === undefined) return true
    this.#rootOf.set(binding, root)
    return own.every(
      ({ node, write }) => !write && this.#isInside(node, extent, root) && this.#isUse(outermost(node), extent, root),
    )
  }

  /** Returns true if the code of a node runs only while `extent` runs. `root` is the view that it uses. */
  #isInside(node: Node, extent: Node, root: Node): boolean {
    for (let around = node.parent; around !== extent; around = around.parent) {
      if (around === undefined || /^(?:PropertyDefinition|AccessorProperty|StaticBlock)$/.test(around.type))
        return false
      if (/Function/.test(around.type) && !this.#isCalledInside(around, extent, root)) return false
    }
    return true
  }

  #isCalledInside(fn: Node, extent: Node, root: Node): boolean {
    if (this.#looking.has(fn)) return true
    this.#looking.add(fn)
    try {
      return !fn.async && !fn.generator && this.#isCalledInsideOnly(fn, extent, root)
    } finally {
      this.#looking.delete(fn)
    }
  }

  #isCalledInsideOnly(fn: Node, extent: Node, root: Node): boolean {
    if (fn.type === 'FunctionDeclaration') return this.#isOnlyCalled(fn.id, extent, root)
    const outer = outermost(fn)
    const { parent } = outer
    if (parent?.type === 'VariableDeclarator') {
      const { id } = parent
      return parent.parent?.kind === 'const' && id.type === 'Identifier' && this.#isOnlyCalled(id, extent, root)
    }
    if (parent?.type !== 'CallExpression') return false
    return parent.callee === outer || this.#callsAtOnce(parent, outer, root)
  }

  /** Returns true if the function of that name is only called, and only inside. */
  #isOnlyCalled(id: Node, extent: Node, root: Node): boolean {
    return inRange(this.#scopes.references, extent.start, extent.end)
      .filter(({ binding }) => binding?.id === id)
      .every(({ node, write }) => {
        const outer = outermost(node)
        const isCalled = outer.parent?.type === 'CallExpression' && outer.parent.callee === outer
        return !write && isCalled && this.#isInside(node, extent, root)
      })
  }

  /** Returns true if a call runs this argument before it returns, and stores it nowhere. */
  #callsAtOnce(call: Node, argument: Node, root: Node): boolean {
    const callee = unwrap(call.callee)
    if (globalPath(this.#scopes, callee) === 'Array.from') return call.arguments[1] === argument
    if (callee.type !== 'MemberExpression') return false
    const name = memberName(callee) ?? ''
    const object = unwrap(callee.object)
    const operation = METHODS.get(`${classOf(this.#scopes, object)}.${name}`)
    if (operation !== undefined) return runsAtOnce(operation) && isFunctionOf(call, operation, argument)
    if (call.arguments[0] !== argument) return false
    if (!CALLERS.has(name) && name !== 'sort' && name !== 'toSorted') return false
    return object.type === 'ArrayExpression' || this.#isView(object, root)
  }

  /** Returns true if an expression is a typed array, given that `root` is a view. */
  #isView(object: Node, root: Node): boolean {
    if (object.type === 'CallExpression') {
      const callee = unwrap(object.callee)
      if (callee.type !== 'MemberExpression') return false
      const name = memberName(callee) ?? ''
      return (ITSELF.has(name) || name === 'slice') && this.#isView(unwrap(callee.object), root)
    }
    const binding = object.type === 'Identifier' ? this.#scopes.bindingOf(object) : undefined
    return binding !== undefined && this.#rootOf.get(binding) === root
  }

  /** Returns true if a use of the view (`value`, with its parentheses and types) keeps the view inside. */
  #isUse(value: Node, extent: Node, root: Node): boolean {
    const parent = value.parent!
    switch (parent.type) {
      case 'MemberExpression':
        return parent.object === value && this.#isMember(parent, extent, root)
      case 'ExpressionStatement':
      case 'SpreadElement':
      case 'IfStatement':
      case 'WhileStatement':
        return true
      case 'TemplateLiteral':
        return parent.parent?.type !== 'TaggedTemplateExpression'
      case 'UnaryExpression':
        return parent.operator !== 'delete'
      case 'BinaryExpression':
        return /^[!=]==?$/.test(parent.operator)
      case 'ForOfStatement':
        return parent.right === value && !parent.await
      case 'ForInStatement':
        return parent.right === value
      case 'ConditionalExpression':
        return parent.test === value
      case 'VariableDeclarator':
        return this.#isAlias(parent, value, extent, root)
      case 'NewExpression':
        return parent.callee !== value && this.#isCopied(parent)
      case 'CallExpression':
        return parent.callee !== value && (this.#isCopied(parent) || this.#isGivenToConfining(parent, value))
      default:
        return false
    }
  }

  #isAlias(declarator: Node, value: Node, extent: Node, root: Node): boolean {
    const { id, init } = declarator
    if (init !== value) return false
    if (id.type === 'ArrayPattern') return true
    if (id.type !== 'Identifier' || declarator.parent?.kind !== 'const') return false
    const uses = inRange(this.#scopes.references, extent.start, extent.end)
    const binding = uses.find(reference => reference.binding?.id === id)?.binding
    return binding === undefined || this.#isConfinedName(id, binding.scope.node, root, extent)
  }

  #isCopied(call: Node): boolean {
    return COPIERS.test(globalPath(this.#scopes, call.callee) ?? '')
  }

  #isGivenToConfining(call: Node, value: Node): boolean {
    const index = call.arguments.indexOf(value)
    if (call.arguments.slice(0, index).some(({ type }: Node) => type === 'SpreadElement')) return false
    const fn = this.#functionOf(call.callee)
    return fn !== undefined && this.#confines(fn, index)
  }

  /** Returns the function of this file that a name always refers to. */
  #functionOf(callee: Node): Node | undefined {
    const name = unwrap(callee)
    const binding = name.type === 'Identifier' ? this.#scopes.bindingOf(name) : undefined
    if (binding === undefined || binding.writes.length > 0 || binding.more.length > 0) return undefined
    if (binding.kind === 'function') return binding.node
    if (binding.kind !== 'const' || binding.node.id !== binding.id || !binding.node.init) return undefined
    const init = unwrap(binding.node.init)
    return isFunctionLiteral(init) ? init : undefined
  }

  #isMember(member: Node, extent: Node, root: Node): boolean {
    const outer = outermost(member)
    const { parent } = outer
    const isCalled = (parent?.type === 'CallExpression' || parent?.type === 'NewExpression') && parent.callee === outer
    const name = memberName(member)
    if (member.property.type === 'PrivateIdentifier') return false
    if (name === undefined) {
      // An element access. A call of a computed method name is refused.
      if (isCalled || parent?.type === 'TaggedTemplateExpression' || member.property.type === 'TemplateLiteral')
        return false
      return !this.#readsOnly || !isTarget(outer)
    }
    if (this.#readsOnly && WRITERS.has(name)) return false
    if (!isCalled || parent === undefined) return SIZES.has(name)
    if (parent.type === 'NewExpression') return false
    if (READERS.has(name)) return true
    if (ITSELF.has(name)) return this.#isUse(outermost(parent), extent, root)
    if (ITERATORS.has(name)) {
      const around = outermost(parent).parent
      return around?.type === 'SpreadElement' || (around?.type === 'ForOfStatement' && !around.await)
    }
    const position = CALLERS.get(name)
    return position !== undefined && parent.arguments.length > 0 && this.#ignores(parent.arguments[0], position)
  }

  /** Returns true if a callback confines its parameter at this position, which is the view. */
  #ignores(argument: Node, position: number): boolean {
    const value = unwrap(argument)
    if (isFunctionLiteral(value)) return this.#confines(value, position)
    if (NUMERIC.test(globalPath(this.#scopes, value) ?? '')) return true
    const fn = this.#functionOf(value)
    return fn !== undefined && this.#confines(fn, position)
  }
}
