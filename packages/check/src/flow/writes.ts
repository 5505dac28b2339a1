/**
 * Write summaries: the data from outside that a function modifies, directly or by a call. The roots of such data are
 * its parameters, `this` and captured variables.
 *
 * - A value is followed through names, elements, fields, callbacks of arrays and results of calls.
 * - The analysis ignores order: a name refers to every value that it may have.
 * - A copy (`[...rows]`, `rows.filter(f)`) is new, and its elements are the original ones.
 * - Values that the function creates, and handles of the library, are its own.
 */
import {
  children,
  isFunctionLiteral,
  memberName,
  outermost,
  unwrap,
  type Binding,
  type Node,
} from '@fearless/compiler/analysis'
import { isVariable, type FileInfo } from '../file-info.ts'
import { contains } from '../syntax/functions.ts'
import { calleeOf, functionNamed, type Callee } from './callee.ts'
import type { FileAt } from './reach.ts'

/** The origin of a value: a parameter, a captured variable, an import, a class with its statics, or `this`. */
export type Root = Binding | 'this'

export interface Write {
  /** The file that declares the root. */
  readonly home: FileInfo
  /** The written expression, or the call that writes. */
  readonly node: Node
  /** The write itself, if a called function makes it. */
  readonly inner: { file: FileInfo; node: Node; fn: Node } | undefined
}

export interface Writes {
  /** The first write of each root, in the order of the text. */
  readonly writes: ReadonlyMap<Root, Write>
  /** The roots that contain the result. */
  readonly returns: ReadonlySet<Root>
}

interface Source {
  readonly root: Root
  /** The value is new, and its parts belong to the root. */
  readonly shallow: boolean
}

const NOTHING: Writes = { writes: new Map(), returns: new Set() }

/** Methods of the language that modify their object. */
export const WRITING = new RegExp(
  `^(?:${[
    'Array\\.(?:push|pop|shift|unshift|splice|sort|reverse|fill|copyWithin)',
    '\\w+Array\\.(?:set|fill|sort|reverse|copyWithin)',
    'DataView\\.set\\w+',
    'Date\\.set\\w+',
    '(?:Weak)?Map\\.(?:set|delete|clear|getOrInsert\\w*)',
    '(?:Weak)?Set\\.(?:add|delete|clear)',
    '(?:URLSearchParams|FormData|Headers)\\.(?:append|delete|set|sort)',
    'ArrayBuffer\\.(?:resize|transfer\\w*)',
  ].join('|')})$`,
)

/** Global functions that modify an argument, with its index. */
const WRITING_TO: readonly (readonly [RegExp, number])[] = [
  [/^Object\.(?:assign|definePropert(?:y|ies)|setPrototypeOf)$/, 0],
  [/^Reflect\.(?:set|deleteProperty|defineProperty|setPrototypeOf)$/, 0],
  [/^Atomics\.(?:add|and|compareExchange|exchange|or|store|sub|xor)$/, 0],
  [/^crypto\.getRandomValues$/, 0],
]

/** Methods by the relation of their result to their object: a part, a copy, or the same object. */
const PARTS = new Set('at get find findLast pop shift next'.split(' '))
const COPIES = new Set(
  'slice filter concat flat toSorted toReversed toSpliced with values entries keys splice'.split(' '),
)
const SAME = new Set('sort reverse fill copyWithin set add subarray'.split(' '))
/** Methods that pass a part of their object to a callback, with the indices of the callback's parameters. */
const CALLING = new Map<string, readonly number[]>([
  ...'forEach map filter flatMap some every find findIndex findLast findLastIndex'
    .split(' ')
    .map(name => [name, [0, 2]] as const),
  ['reduce', [0, 1]],
  ['reduceRight', [0, 1]],
  ['sort', [0, 1]],
  ['toSorted', [0, 1]],
])
const VIEWS = /^(?:DataView|\w+Array)$/

export class WriteSummaries {
  readonly #known = new Map<Node, Writes>()
  readonly #running = new Set<Node>()
  readonly fileAt: FileAt

  constructor(fileAt: FileAt) {
    this.fileAt = fileAt
  }

  of({ file, fn }: Callee): Writes {
    const known = this.#known.get(fn)
    if (known !== undefined) return known
    if (this.#running.has(fn)) return NOTHING
    this.#running.add(fn)
    file.prepare(fn)
    const found = new Walk(file, fn, this).found()
    this.#running.delete(fn)
    this.#known.set(fn, found)
    return found
  }

  /** Returns the expressions of a call that a root of the called function refers to. */
  argumentsOf(call: Node, { fn }: Callee, root: Root): Node[] {
    if (root === 'this') {
      const callee = unwrap(call.callee)
      return callee.type === 'MemberExpression' ? [callee.object] : []
    }
    const index = paramOf(fn, root)
    if (index === undefined) return []
    const given: Node[] =
      fn.params[index].type === 'RestElement' ? call.arguments.slice(index) : [call.arguments[index]]
    return given.filter(argument => argument !== undefined && argument.type !== 'SpreadElement')
  }
}

/** Returns the index of the parameter that declares a variable; undefined for another variable. */
export function paramOf(fn: Node, binding: Binding): number | undefined {
  if (binding.kind !== 'param' || binding.scope.node !== fn) return undefined
  const index = (fn.params as Node[]).findIndex(param => contains(param, binding.id))
  return index === -1 ? undefined : index
}

class Walk {
  readonly #file: FileInfo
  readonly #fn: Node
  readonly #all: WriteSummaries
  readonly #writes = new Map<Root, Write>()
  readonly #sources = new Map<Binding, readonly Source[]>()

  constructor(file: FileInfo, fn: Node, all: WriteSummaries) {
    this.#file = file
    this.#fn = fn
    this.#all = all
  }

  found(): Writes {
    this.#visit(this.#fn)
    return { writes: this.#writes, returns: this.#returned() }
  }

  // Writes.

  #visit(node: Node): void {
    switch (node.type) {
      case 'ArrowFunctionExpression':
      case 'FunctionExpression':
        // A thread's closure has a summary of its own.
        if (node !== this.#fn && this.#file.closureOf(node) !== undefined) return
        break
      case 'AssignmentExpression':
        this.#assigned(node.left, node)
        break
      case 'UpdateExpression':
        this.#assigned(node.argument, node)
        break
      case 'UnaryExpression':
        if (node.operator === 'delete') this.#assigned(node.argument, node)
        break
      case 'ForInStatement':
      case 'ForOfStatement':
        if (node.left.type !== 'VariableDeclaration') this.#assigned(node.left, node.left)
        break
      case 'CallExpression':
      case 'NewExpression':
        this.#called(node)
        break
    }
    children(node, child => {
      if (!child.type.startsWith('TS') || unwrap(child) !== child) this.#visit(child)
    })
  }

  /** Records a write for every target in a pattern. */
  #assigned(pattern: Node | null, place: Node): void {
    const target = pattern && unwrap(pattern)
    switch (target?.type) {
      case 'Identifier': {
        const binding = this.#file.scopes.bindingOf(target)
        const outer = binding !== undefined && isVariable(binding) && !contains(this.#fn, binding.id)
        return outer ? this.#add(binding, target, undefined) : undefined
      }
      case 'MemberExpression':
        return this.#written(target.object, target)
      case 'AssignmentPattern':
        return this.#assigned(target.left, place)
      case 'RestElement':
        return this.#assigned(target.argument, place)
      case 'ArrayPattern':
        for (const element of target.elements) this.#assigned(element, place)
        return
      case 'ObjectPattern':
        for (const property of target.properties)
          this.#assigned(property.type === 'RestElement' ? property : property.value, place)
    }
  }

  #written(value: Node, node: Node, inner?: Write['inner']): void {
    if (this.#isHandle(value)) return
    for (const { root, shallow } of this.#from(value)) if (!shallow) this.#add(root, node, inner)
  }

  #add(root: Root, node: Node, inner: Write['inner'], home = this.#file): void {
    if (!this.#writes.has(root)) this.#writes.set(root, { home, node, inner })
  }

  #called(call: Node): void {
    const file = this.#file
    if (file.pathOf(call.callee) !== undefined) return
    const callee = unwrap(call.callee)
    const global = file.globalPath(callee)
    if (global !== undefined) {
      for (const [path, index] of WRITING_TO)
        if (path.test(global) && call.arguments[index]) this.#written(call.arguments[index], call)
      return
    }
    const builtIn = file.calleeOf(call)?.builtIn
    if (builtIn !== undefined && callee.type === 'MemberExpression') {
      if (WRITING.test(builtIn)) this.#written(callee.object, callee)
      if (builtIn === 'TextEncoder.encodeInto' && call.arguments[1]) this.#written(call.arguments[1], call)
      return this.#passed(call, callee)
    }
    if (file.methodOf(call) !== undefined) return
    const target = calleeOf(file, call, this.#all.fileAt)
    if (target === undefined || isFunctionLiteral(callee)) return
    for (const [root, { home, node, inner }] of this.#all.of(target).writes) {
      const inside = inner ?? { file: target.file, node, fn: target.fn }
      const given = this.#all.argumentsOf(call, target, root)
      for (const argument of given) this.#written(argument, call, inside)
      if (given.length > 0 || root === 'this' || paramOf(target.fn, root) !== undefined) continue
      if (home !== file || root.kind === 'let' || root.kind === 'var') this.#add(root, call, inside, home)
      // The callee encloses this function, and both capture the variable.
      else for (const source of this.#ofBinding(root)) if (!source.shallow) this.#add(source.root, call, inside)
    }
  }

  /** Records the writes of a function that receives the parts of an object: `rows.forEach(clear)`. */
  #passed(call: Node, callee: Node): void {
    const indexes = CALLING.get(memberName(callee) ?? '')
    const [argument] = call.arguments
    if (indexes === undefined || argument?.type !== 'Identifier') return
    const target = functionNamed(this.#file, argument, this.#all.fileAt)
    if (target === undefined) return
    for (const [root, { node, inner }] of this.#all.of(target).writes) {
      if (root === 'this' || !indexes.includes(paramOf(target.fn, root) ?? -1)) continue
      for (const source of this.#from(callee.object))
        this.#add(source.root, argument, inner ?? { file: target.file, node, fn: target.fn })
    }
  }

  /** Whether a value is a handle of the library, which other rules cover. */
  #isHandle(value: Node): boolean {
    const node = unwrap(value)
    const facts = node.type === 'MemberExpression' && !node.computed ? this.#file.factsAt(node.property) : undefined
    const binding = this.#file.bindingOf(node)
    return (facts ?? (binding && this.#file.factsOf(binding)))?.name !== undefined
  }

  // Where values come from.

  #from(value: Node): readonly Source[] {
    const node = unwrap(value)
    switch (node.type) {
      case 'Identifier': {
        const binding = this.#file.scopes.bindingOf(node)
        return binding === undefined ? [] : this.#ofBinding(binding)
      }
      case 'ThisExpression':
        return [{ root: 'this', shallow: false }]
      case 'MemberExpression':
        return /^(?:length|size|byteLength)$/.test(memberName(node) ?? '') ? [] : parts(this.#from(node.object))
      case 'ConditionalExpression':
        return [...this.#from(node.consequent), ...this.#from(node.alternate)]
      case 'LogicalExpression':
        return [...this.#from(node.left), ...this.#from(node.right)]
      case 'SequenceExpression':
        return this.#from(node.expressions.at(-1))
      case 'AssignmentExpression':
        return /^(?:=|&&=|\|\|=|\?\?=)$/.test(node.operator)
          ? [...this.#from(node.right), ...(node.operator === '=' ? [] : this.#from(node.left))]
          : []
      case 'AwaitExpression':
        return this.#from(node.argument)
      case 'ArrayExpression':
        return node.elements.flatMap((element: Node | null) => (element === null ? [] : this.#inside(element)))
      case 'ObjectExpression':
        return node.properties.flatMap((property: Node) =>
          this.#inside(property.type === 'Property' ? property.value : property),
        )
      case 'CallExpression':
        return this.#result(node)
      case 'NewExpression':
        return this.#made(node)
      default:
        return []
    }
  }

  /** Returns the sources of a new container that has `value` as an element. */
  #inside(value: Node): Source[] {
    const from = value.type === 'SpreadElement' ? parts(this.#from(value.argument)) : this.#from(value)
    return from.map(({ root }) => ({ root, shallow: true }))
  }

  #result(call: Node): readonly Source[] {
    const file = this.#file
    const callee = unwrap(call.callee)
    const [first] = call.arguments
    const global = file.globalPath(callee)
    if (global !== undefined) {
      if (first === undefined) return []
      if (/^Object\.(?:assign|freeze|seal)$/.test(global)) return this.#from(first)
      return /^(?:Object\.(?:values|entries)|Array\.from)$/.test(global) ? copied(this.#from(first)) : []
    }
    if (file.pathOf(callee) !== undefined || file.methodOf(call) !== undefined) return []
    const builtIn = file.calleeOf(call)?.builtIn
    if (builtIn !== undefined && callee.type === 'MemberExpression') {
      const name = memberName(callee) ?? ''
      const whole = this.#from(callee.object)
      if (PARTS.has(name)) return parts(whole)
      if (SAME.has(name)) return whole
      if (name.startsWith('reduce'))
        return [...parts(whole), ...(call.arguments[1] ? this.#from(call.arguments[1]) : [])]
      if (/^(?:map|flatMap)$/.test(name)) return first ? copied(this.#resultsOf(first)) : []
      return COPIES.has(name) ? copied(whole) : []
    }
    const target = calleeOf(file, call, this.#all.fileAt)
    if (target === undefined) return []
    return [...this.#all.of(target).returns].flatMap(root =>
      this.#all.argumentsOf(call, target, root).flatMap(argument => this.#from(argument)),
    )
  }

  #made(node: Node): readonly Source[] {
    const global = this.#file.globalPath(node.callee)
    const [first] = node.arguments
    if (first === undefined || global === undefined) return []
    const argument = unwrap(first)
    // A typed array of a buffer is a view of it; a typed array of an array is a copy.
    const shares = argument.type === 'MemberExpression' && memberName(argument) === 'buffer'
    if (global === 'DataView' || (VIEWS.test(global) && shares)) return this.#from(argument)
    return /^(?:Map|Set|Array)$/.test(global) ? copied(this.#from(first)) : []
  }

  /** Returns the sources of a callback's result. */
  #resultsOf(callback: Node): readonly Source[] {
    const literal = unwrap(callback)
    if (!isFunctionLiteral(literal)) return []
    if (literal.body.type !== 'BlockStatement') return this.#from(literal.body)
    return returnsIn(literal).flatMap(value => this.#from(value))
  }

  #returned(): Set<Root> {
    const { body } = this.#fn
    const values = !body ? [] : body.type === 'BlockStatement' ? returnsIn(this.#fn) : [body]
    return new Set(values.flatMap(value => this.#from(value)).flatMap(({ root, shallow }) => (shallow ? [] : [root])))
  }

  #ofBinding(binding: Binding): readonly Source[] {
    const known = this.#sources.get(binding)
    if (known !== undefined) return known
    this.#sources.set(binding, [])
    const found = this.#sourcesOf(binding)
    this.#sources.set(binding, found)
    return found
  }

  #sourcesOf(binding: Binding): readonly Source[] {
    if (binding.kind === 'class' || binding.kind === 'import') return [{ root: binding, shallow: false }]
    if (!isVariable(binding)) return []
    const facts = this.#file.factsOf(binding)
    if (facts?.name !== undefined || facts?.crossing === 'copy') return []
    const inside = contains(this.#fn, binding.id)
    if (!inside) return [{ root: binding, shallow: false }]
    const index = paramOf(this.#fn, binding)
    if (index !== undefined) {
      const pattern: Node = this.#fn.params[index]
      return [{ root: binding, shallow: isRest(pattern, binding.id) }, ...this.#assignedTo(binding)]
    }
    if (binding.kind === 'param') return this.#ofCallback(binding)
    return [...this.#initial(binding), ...this.#assignedTo(binding)]
  }

  /** Returns the sources of a variable's initialiser. */
  #initial({ node, id }: Binding): readonly Source[] {
    if (node.type !== 'VariableDeclarator') return []
    const loop = node.parent?.parent
    if (loop?.type === 'ForOfStatement' && loop.left === node.parent) return parts(this.#from(loop.right))
    if (!node.init) return []
    return node.id === id ? this.#from(node.init) : partsIn(node.id, id, this.#from(node.init))
  }

  #assignedTo({ writes }: Binding): readonly Source[] {
    return writes.flatMap(({ node }) => {
      const { parent } = outermost(node)
      if (parent?.type === 'AssignmentExpression') return this.#from(parent)
      return parent?.type === 'ForOfStatement' ? parts(this.#from(parent.right)) : []
    })
  }

  /** Returns the sources of a callback's parameter, to which a method of an array passes an element. */
  #ofCallback(binding: Binding): readonly Source[] {
    const fn = binding.scope.node
    const index = paramOf(fn, binding)
    const outer = outermost(fn)
    const call = outer.parent
    if (index === undefined || call?.type !== 'CallExpression') return []
    if (call.callee === outer) return call.arguments[index] ? this.#from(call.arguments[index]) : []
    const callee = unwrap(call.callee)
    if (callee.type !== 'MemberExpression' || call.arguments[0] !== outer) return []
    const name = memberName(callee) ?? ''
    if (!CALLING.get(name)?.includes(index) || this.#file.calleeOf(call)?.builtIn === undefined) return []
    const initial = call.arguments[1]
    if (name.startsWith('reduce') && index === 0 && initial !== undefined) return this.#from(initial)
    const whole = this.#from(callee.object)
    return index === 2 ? whole : partsIn(fn.params[index], binding.id, parts(whole))
  }
}

/** The sources of a part: those of the whole. */
const parts = (from: readonly Source[]): Source[] => from.map(({ root }) => ({ root, shallow: false }))
const copied = (from: readonly Source[]): Source[] => from.map(({ root }) => ({ root, shallow: true }))

/** Returns the sources of a name in a pattern. A rest element is new, and its parts are not. */
function partsIn(pattern: Node, id: Node, from: readonly Source[]): Source[] {
  return isRest(pattern, id) ? copied(from) : parts(from)
}

/** Whether a name is a rest element, for which an object or an array is created. */
function isRest(pattern: Node, id: Node): boolean {
  let found = pattern.type === 'RestElement' && pattern.argument === id
  children(pattern, child => {
    if (contains(child, id)) found = child.type === 'RestElement' ? child.argument === id : isRest(child, id)
  })
  return found
}

/** Returns the expressions that a function returns by its own statements. */
function returnsIn(fn: Node): Node[] {
  const found: Node[] = []
  const visit = (node: Node): void => {
    if (node.type === 'ReturnStatement' && node.argument) found.push(node.argument)
    children(node, child => {
      if (!/Function|^Class/.test(child.type)) visit(child)
    })
  }
  visit(fn.body)
  return found
}
