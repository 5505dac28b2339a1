/**
 * Proves that a closure only reads its borrowed values: an alias analysis after Andersen, with few abstract objects.
 *
 * An expression has a set of origins: the captures of the closure, its first argument, the members of that argument,
 * its other arguments. An object created inside has no origin. All values ever stored in such objects form one set,
 * `stored`: reading any member may return any of them. Variables and functions have one set each, independent of the
 * path. So the functions that the closure reaches are walked repeatedly until no set grows.
 *
 * A write to a member counts against the origins of its object, an unknown call against all origins. Methods are known
 * only by name. So the runtime rejects a proof once a class is registered that has such a method name itself, and
 * functions are never part of data that crosses. Values without a proof are observed at run time: memory/codec/lent.ts.
 */
import { containerOf, isData } from './mutation.ts'
import { globalPath, type Site } from './find.ts'
import type { Purity } from './purity.ts'
import type { Binding, Scopes } from '../syntax/scope.ts'
import { isFunctionLiteral, memberName, unwrap, type Node } from '../syntax/syntax.ts'

export interface ReadOnlyProof {
  /** The proven origins, one bit each, and `OWN_RESULT`. */
  readonly bits: number
  /** The first location that may change something. */
  readonly at: Node | undefined
  /** Data of the module that would be copied by its text, and that the closure may change through an alias. */
  readonly changed: readonly Binding[]
}

// Origins.
const CAPTURED = 1
const FIRST = 2
const IN_FIRST = 4
const OTHERS = 8
const LENT = CAPTURED | FIRST | IN_FIRST | OTHERS
/** Not an origin: the value may contain functions, because it belongs to a module. */
const HOLDS_FUNCTIONS = 32

/**
 * From this bit on: one bit for each piece of the module's data, the last one for all others. They are captured, too.
 */
const FIRST_OF_MODULE = 6
const LAST_OF_MODULE = 30

/** The result is new, or the first argument itself. */
const OWN_RESULT = 16

const words = (text: string): Set<string> => new Set(text.split(' '))

const READERS = words(
  'String Number Boolean BigInt parseInt parseFloat isNaN isFinite encodeURIComponent decodeURIComponent encodeURI ' +
    'decodeURI structuredClone JSON.stringify JSON.parse Object.is Object.hasOwn Array.isArray Date.now Date.parse Date.UTC ' +
    'performance.now String.raw String.fromCharCode String.fromCodePoint Number.isInteger Number.isFinite Number.isNaN ' +
    'Number.isSafeInteger Number.parseInt Number.parseFloat BigInt.asIntN BigInt.asUintN ArrayBuffer.isView Symbol',
)
const READER_NAMESPACES = /^(?:Math|console)\.\w+$/
/** Functions that return a new container of their arguments. */
const GATHERERS = words(
  'Object.keys Object.values Object.entries Object.fromEntries Object.groupBy Map.groupBy Array.from Array.of Array',
)

const MADE = words(
  'Map Set Array Object Date RegExp Error TypeError RangeError SyntaxError String Number Boolean URL URLSearchParams ' +
    'TextEncoder TextDecoder ArrayBuffer Intl.NumberFormat Intl.DateTimeFormat Intl.Collator Intl.PluralRules',
)
const VIEWS = /^(?:DataView|(?:Int|Uint|Float|BigInt|BigUint)\d+(?:Clamped)?Array)$/

/** Methods whose result contains no part of their object. */
const LOOKS = words(
  'indexOf lastIndexOf includes has join toString toLocaleString charAt charCodeAt codePointAt startsWith endsWith padStart ' +
    'padEnd repeat trim trimStart trimEnd toUpperCase toLowerCase toLocaleUpperCase toLocaleLowerCase toFixed toPrecision ' +
    'toExponential normalize localeCompare search split substring substr replace replaceAll match matchAll every some ' +
    'findIndex findLastIndex forEach isSubsetOf isSupersetOf isDisjointFrom hasOwnProperty toISOString toJSON toDateString ' +
    'toTimeString getTime getTimezoneOffset getDate getDay getFullYear getHours getMilliseconds getMinutes getMonth ' +
    'getSeconds getUTCDate getUTCDay getUTCFullYear getUTCHours getUTCMilliseconds getUTCMinutes getUTCMonth getUTCSeconds ' +
    'getInt8 getUint8 getInt16 getUint16 getInt32 getUint32 getFloat32 getFloat64 getBigInt64 getBigUint64 format encode decode',
)
/** Methods that return a new container of their object's elements. */
const CONTAINERS = words(
  'slice concat filter map flat flatMap toSorted toReversed toSpliced keys values entries union intersection difference ' +
    'symmetricDifference',
)
/** Methods that return a part of their object, or the object. */
const PARTS = words('at get find findLast reduce reduceRight subarray valueOf')
const WRITERS = words(
  'push unshift pop shift splice sort reverse fill copyWithin set add delete clear append exec test resize transfer',
)
const SETTER = /^set[A-Z]/
/** Methods that call their argument. */
const CALLERS = words(
  'every some findIndex findLastIndex forEach filter map flatMap toSorted find findLast reduce reduceRight sort replace ' +
    'replaceAll',
)
const SIZES = words('length size byteLength byteOffset')

const MOST_ROUNDS = 12
const MOST_FUNCTIONS = 300

export class ReadOnlyAnalysis {
  readonly #scopes: Scopes
  readonly #purity: Purity
  readonly #declared = new Map<Node, Binding>()

  constructor(scopes: Scopes, purity: Purity) {
    this.#scopes = scopes
    this.#purity = purity
    for (const { binding } of scopes.references) {
      if (binding === undefined || this.#declared.has(binding.id)) continue
      this.#declared.set(binding.id, binding)
      for (const write of binding.writes) this.#declared.set(write.node, binding)
    }
  }

  /** Returns the proof for a closure, or undefined if its text is not in this file. */
  of(site: Site): ReadOnlyProof | undefined {
    const value = unwrap(site.argument)
    const named = value.type === 'Identifier' ? this.#scopes.bindingOf(value) : undefined
    const root = isFunctionLiteral(value) ? value : named && functionOf(named)
    return root && new Proof(this.#scopes, this.#purity, this.#declared, root).reads()
  }
}

function functionOf(binding: Binding): Node | undefined {
  if (binding.writes.length > 0) return undefined
  if (binding.kind === 'function') return binding.node
  const { init, id } = binding.node
  if (binding.kind !== 'const' || !init || id !== binding.id) return undefined
  const value = unwrap(init)
  return isFunctionLiteral(value) ? value : undefined
}

class Proof {
  readonly #scopes: Scopes
  readonly #purity: Purity
  readonly #declared: ReadonlyMap<Node, Binding>
  readonly #root: Node
  readonly #origins = new Map<Binding, number>()
  readonly #results = new Map<Node, number>()
  #stored = 0
  #written = 0
  #writeAt: Node | undefined
  #unknownAt: Node | undefined
  #grown = true
  readonly #module: Binding[] = []
  /** The function whose body is being walked. */
  #walked: Node

  constructor(scopes: Scopes, purity: Purity, declared: ReadonlyMap<Node, Binding>, root: Node) {
    this.#scopes = scopes
    this.#purity = purity
    this.#declared = declared
    this.#root = this.#walked = root
  }

  reads(): ReadOnlyProof {
    this.#reach(this.#root)
    this.#root.params.forEach((param: Node, index: number) => {
      const origins = index === 0 ? FIRST : OTHERS
      if (param.type === 'RestElement') {
        this.#store(FIRST | OTHERS)
        this.#bind(param.argument, 0)
      } else this.#bind(param, origins)
    })
    for (let round = 0; this.#grown; round++) {
      if (round === MOST_ROUNDS || this.#results.size > MOST_FUNCTIONS) {
        this.#giveUp(this.#root)
        break
      }
      this.#grown = false
      // The loop also visits functions that are reached during this round.
      for (const fn of this.#results.keys()) this.#walk(fn)
    }
    const result = this.#results.get(this.#root) ?? 0
    const own = (result & (CAPTURED | IN_FIRST | OTHERS)) === 0 ? OWN_RESULT : 0
    const at = this.#writeAt ?? this.#unknownAt
    const changed = this.#module.filter((_, index) => this.#written & this.#bitOf(index))
    return { bits: (LENT & ~this.#written) | (this.#unknownAt === undefined ? own : 0), at, changed }
  }

  // -------------------------------------------------------------- sets

  #reach(fn: Node): void {
    if (this.#results.has(fn)) return
    this.#results.set(fn, 0)
    this.#grown = true
    if (fn.generator) this.#giveUp(fn)
  }

  #add(binding: Binding, origins: number): void {
    const known = this.#origins.get(binding) ?? 0
    if ((known | origins) === known) return
    this.#origins.set(binding, known | origins)
    this.#grown = true
  }

  #store(origins: number): void {
    if ((this.#stored | origins) === this.#stored) return
    this.#stored |= origins
    this.#grown = true
  }

  #member(origins: number): number {
    return (origins & FIRST ? IN_FIRST : 0) | (origins & ~FIRST) | this.#stored
  }

  #write(origins: number, at: Node): void {
    if ((origins & LENT) === 0) return
    this.#written |= origins
    this.#writeAt ??= at
  }

  /** Handles code that may do anything: nothing is proven, so its result need not be followed. */
  #giveUp(at: Node): number {
    this.#written |= LENT
    this.#unknownAt ??= at
    return 0
  }

  #originsOf(node: Node): number {
    const binding = this.#scopes.bindingOf(node)
    if (binding === undefined) return node.name === 'arguments' ? this.#giveUp(node) : 0
    if (functionOf(binding) !== undefined) return this.#giveUp(node)
    return (this.#isOutside(binding) ? this.#outside(binding) : 0) | (this.#origins.get(binding) ?? 0)
  }

  #isOutside({ scope }: Binding): boolean {
    const { start, end } = this.#root
    return scope.node !== this.#root && scope.node.start <= start && end <= scope.node.end
  }

  #outside(binding: Binding): number {
    if (binding.kind === 'enum' || binding.kind === 'member') return 0
    const init = binding.node.init && unwrap(binding.node.init)
    if (binding.kind === 'const' && init && (init.type === 'Literal' || init.type === 'TemplateLiteral'))
      // `test` and `exec` of a global one change its `lastIndex`.
      return /[gy]/.test(init.regex?.flags ?? '') ? CAPTURED : 0
    if (binding.scope !== this.#scopes.module) return CAPTURED
    if (binding.kind !== 'import' && binding.kind !== 'namespace' && this.#purity.transferOf(binding).way === 'value')
      return CAPTURED
    const container = init && init.type !== 'CallExpression' ? containerOf(init) : undefined
    const functions = container === 'array' || container === 'map' ? 0 : HOLDS_FUNCTIONS
    const isOwnData = container !== undefined && binding.kind === 'const' && isData(init)
    return CAPTURED | functions | (isOwnData ? this.#moduleBit(binding) : 0)
  }

  #moduleBit(binding: Binding): number {
    const known = this.#module.indexOf(binding)
    return this.#bitOf(known < 0 ? this.#module.push(binding) - 1 : known)
  }

  #bitOf(index: number): number {
    return 1 << Math.min(FIRST_OF_MODULE + index, LAST_OF_MODULE)
  }

  // -------------------------------------------------------------- names that get values

  #bind(pattern: Node | null, origins: number): void {
    if (pattern === null) return
    switch (pattern.type) {
      case 'Identifier': {
        const binding = this.#declared.get(pattern)
        if (binding !== undefined) this.#add(binding, origins)
        return
      }
      case 'AssignmentPattern':
        return this.#bind(pattern.left, origins | this.#value(pattern.right))
      case 'TSParameterProperty':
        return this.#bind(pattern.parameter, origins)
      case 'ArrayPattern':
      case 'ObjectPattern':
        return this.#takeApart(pattern, origins, (part, of) => this.#bind(part, of))
      default:
        this.#giveUp(pattern)
    }
  }

  #takeApart(pattern: Node, origins: number, give: (part: Node | null, origins: number) => void): void {
    for (const element of (pattern.elements ?? pattern.properties) as (Node | null)[]) {
      if (element === null) continue
      if (element.type === 'RestElement') {
        this.#store(this.#member(origins))
        give(element.argument, 0)
        continue
      }
      if (element.type === 'Property' && element.computed) this.#value(element.key)
      give(element.type === 'Property' ? element.value : element, this.#member(origins))
    }
  }

  #assign(target: Node, origins: number): void {
    target = unwrap(target)
    switch (target.type) {
      case 'Identifier': {
        const binding = this.#scopes.bindingOf(target)
        if (binding === undefined || this.#isOutside(binding)) return this.#write(CAPTURED, target)
        return this.#add(binding, origins)
      }
      case 'MemberExpression':
        this.#write(this.#value(target.object), target)
        if (target.computed) this.#value(target.property)
        return this.#store(origins)
      case 'AssignmentPattern':
        return this.#assign(target.left, origins | this.#value(target.right))
      case 'ArrayPattern':
      case 'ObjectPattern':
        return this.#takeApart(target, origins, (part, of) => part !== null && this.#assign(part, of))
      default:
        this.#giveUp(target)
    }
  }

  // -------------------------------------------------------------- statements

  #walk(fn: Node): void {
    const outer = this.#walked
    this.#walked = fn
    // Default values.
    for (const param of fn.params) if (param.type !== 'RestElement') this.#bind(param, 0)
    if (fn.body.type === 'BlockStatement') this.#run(fn.body)
    else this.#result(this.#value(fn.body))
    this.#walked = outer
  }

  #result(origins: number): void {
    const known = this.#results.get(this.#walked) ?? 0
    if ((known | origins) === known) return
    this.#results.set(this.#walked, known | origins)
    this.#grown = true
  }

  #run(node: Node | null | undefined): void {
    if (!node) return
    switch (node.type) {
      case 'BlockStatement':
        return node.body.forEach((each: Node) => this.#run(each))
      case 'ExpressionStatement':
        return void this.#value(node.expression)
      case 'VariableDeclaration':
        return this.#declare(node)
      case 'ReturnStatement':
        return node.argument ? this.#result(this.#value(node.argument)) : undefined
      case 'ThrowStatement':
        return this.#store(this.#value(node.argument))
      case 'IfStatement':
        this.#value(node.test)
        this.#run(node.consequent)
        return this.#run(node.alternate)
      case 'ForStatement':
        if (node.init?.type === 'VariableDeclaration') this.#declare(node.init)
        else if (node.init) this.#value(node.init)
        if (node.test) this.#value(node.test)
        if (node.update) this.#value(node.update)
        return this.#run(node.body)
      case 'ForOfStatement':
      case 'ForInStatement':
        return this.#forEach(node)
      case 'WhileStatement':
      case 'DoWhileStatement':
        this.#value(node.test)
        return this.#run(node.body)
      case 'SwitchStatement':
        this.#value(node.discriminant)
        for (const { test, consequent } of node.cases) {
          if (test) this.#value(test)
          consequent.forEach((each: Node) => this.#run(each))
        }
        return
      case 'TryStatement':
        this.#run(node.block)
        if (node.handler) {
          this.#bind(node.handler.param, this.#stored)
          this.#run(node.handler.body)
        }
        return this.#run(node.finalizer)
      case 'LabeledStatement':
        return this.#run(node.body)
      case 'FunctionDeclaration':
      case 'BreakStatement':
      case 'ContinueStatement':
      case 'EmptyStatement':
      case 'DebuggerStatement':
      case 'TSTypeAliasDeclaration':
      case 'TSInterfaceDeclaration':
        return
      default:
        this.#giveUp(node)
    }
  }

  #declare(node: Node): void {
    if (node.kind !== 'const' && node.kind !== 'let' && node.kind !== 'var') this.#giveUp(node)
    for (const { id, init } of node.declarations) {
      if (!init) continue
      const isFunction = node.kind === 'const' && id.type === 'Identifier' && isFunctionLiteral(unwrap(init))
      if (!isFunction) this.#bind(id, this.#value(init))
    }
  }

  #forEach(node: Node): void {
    if (node.await) this.#giveUp(node)
    const right = this.#value(node.right)
    const origins = node.type === 'ForInStatement' ? 0 : this.#member(right)
    if (node.left.type === 'VariableDeclaration') this.#bind(node.left.declarations[0].id, origins)
    else this.#assign(node.left, origins)
    this.#run(node.body)
  }

  // -------------------------------------------------------------- expressions

  /** Walks an expression. Returns the origins of its value. */
  #value(node: Node): number {
    node = unwrap(node)
    switch (node.type) {
      case 'Literal':
        return 0
      case 'Identifier':
        return this.#originsOf(node)
      case 'TemplateLiteral':
        for (const part of node.expressions) this.#value(part)
        return 0
      case 'ArrayExpression':
        for (const element of node.elements) if (element !== null) this.#store(this.#element(element))
        return 0
      case 'ObjectExpression':
        return this.#object(node)
      case 'UnaryExpression': {
        const target = unwrap(node.argument)
        const isDelete = node.operator === 'delete' && target.type === 'MemberExpression'
        if (isDelete) this.#assign(target, 0)
        else this.#value(target)
        return 0
      }
      case 'UpdateExpression':
        this.#assign(node.argument, 0)
        return 0
      case 'BinaryExpression':
        if (node.left.type !== 'PrivateIdentifier') this.#value(node.left)
        this.#value(node.right)
        return 0
      case 'LogicalExpression':
        return this.#value(node.left) | this.#value(node.right)
      case 'ConditionalExpression':
        this.#value(node.test)
        return this.#value(node.consequent) | this.#value(node.alternate)
      case 'SequenceExpression':
        return node.expressions.map((each: Node) => this.#value(each)).at(-1)
      case 'AssignmentExpression':
        return this.#assignment(node)
      case 'MemberExpression': {
        const object = this.#value(node.object)
        if (node.computed) this.#value(node.property)
        return SIZES.has(memberName(node) ?? '') ? 0 : this.#member(object)
      }
      case 'AwaitExpression':
        return this.#value(node.argument)
      case 'CallExpression':
        return this.#call(node)
      case 'NewExpression':
        return this.#new(node)
      case 'TaggedTemplateExpression':
        return globalPath(this.#scopes, node.tag) === 'String.raw' ? this.#value(node.quasi) : this.#giveUp(node)
      default:
        return this.#giveUp(node)
    }
  }

  /** Returns the origins of an element, an argument or a spread. */
  #element(node: Node): number {
    return node.type === 'SpreadElement' ? this.#member(this.#value(node.argument)) : this.#value(node)
  }

  #object(node: Node): number {
    for (const property of node.properties) {
      if (property.type === 'SpreadElement') this.#store(this.#element(property))
      else if (property.kind !== 'init' || property.method) this.#giveUp(property)
      else {
        if (property.computed) this.#value(property.key)
        this.#store(this.#value(property.value))
      }
    }
    return 0
  }

  #assignment({ operator, left, right }: Node): number {
    const value = this.#value(right)
    const target = unwrap(left)
    if (operator === '=') {
      this.#assign(target, value)
      return value
    }
    const isLogical = operator === '??=' || operator === '||=' || operator === '&&='
    this.#assign(target, isLogical ? value : 0)
    return isLogical ? value | this.#value(target) : 0
  }

  // -------------------------------------------------------------- calls

  #call(node: Node): number {
    const callee = unwrap(node.callee)
    const fn = this.#functionAt(callee)
    if (fn !== undefined) return this.#invoke(fn, node.arguments)
    const path = globalPath(this.#scopes, callee)
    if (path !== undefined) return this.#callGlobal(node, path)
    const name = callee.type === 'MemberExpression' ? memberName(callee) : undefined
    return name === undefined ? this.#unknown(node) : this.#callMethod(node, callee, name)
  }

  /** Returns the function that an expression refers to, if its text is in this file. */
  #functionAt(node: Node): Node | undefined {
    node = unwrap(node)
    if (isFunctionLiteral(node)) return node
    const binding = node.type === 'Identifier' ? this.#scopes.bindingOf(node) : undefined
    return binding && functionOf(binding)
  }

  #invoke(fn: Node, args: readonly Node[]): number {
    this.#reach(fn)
    const given = args.map(argument => this.#element(argument))
    const spread = args.findIndex(({ type }) => type === 'SpreadElement')
    const all = given.reduce((a, b) => a | b, 0)
    fn.params.forEach((param: Node, index: number) => {
      const origins = spread >= 0 && index >= spread ? all : (given[index] ?? 0)
      if (param.type !== 'RestElement') return this.#bind(param, origins)
      this.#store(all)
      this.#bind(param.argument, 0)
    })
    return this.#results.get(fn) ?? 0
  }

  /** Handles a call of unknown code, which may change its arguments and much else. */
  #unknown(node: Node): number {
    const callee = unwrap(node.callee)
    let given = callee.type === 'MemberExpression' ? this.#value(callee.object) : 0
    const functions: Node[] = []
    for (const argument of node.arguments) {
      const fn = argument.type === 'SpreadElement' ? undefined : this.#functionAt(argument)
      if (fn !== undefined) functions.push(fn)
      else given |= this.#element(argument)
    }
    for (const fn of functions) this.#callBack(fn, given | this.#member(given))
    // Writes of unknown code have no location of their own. A later location that certainly writes is more useful.
    this.#written |= given | this.#member(given)
    return this.#giveUp(node)
  }

  #callGlobal(node: Node, path: string): number {
    const reads = READERS.has(path) || READER_NAMESPACES.test(path)
    if (reads || GATHERERS.has(path)) {
      const given = this.#arguments(node.arguments, 0, true)
      if (!reads) this.#store(given | this.#member(given))
      return 0
    }
    if (path === 'Object.assign' || path === 'Object.defineProperty' || path === 'Reflect.set') {
      const [target, ...rest] = node.arguments.map((argument: Node) => this.#element(argument)) as number[]
      this.#write(target ?? 0, node)
      this.#store(rest.reduce((a, b) => a | this.#member(b), 0))
      return target ?? 0
    }
    return this.#unknown(node)
  }

  #callMethod(node: Node, callee: Node, name: string): number {
    const writes = WRITERS.has(name) || SETTER.test(name)
    if (!writes && !LOOKS.has(name) && !CONTAINERS.has(name) && !PARTS.has(name)) return this.#unknown(node)
    const object = this.#value(callee.object)
    if (object & HOLDS_FUNCTIONS) return this.#unknown(node)
    const given = this.#arguments(node.arguments, object, CALLERS.has(name))
    if (LOOKS.has(name)) return 0
    if (CONTAINERS.has(name)) {
      this.#store(this.#member(object) | this.#member(given))
      return 0
    }
    if (!writes) return object | this.#member(object) | given
    this.#write(object, node)
    this.#store(given | this.#member(given))
    return object | this.#member(object) | given
  }

  /** Returns the origins of all arguments, and of the results of those that are functions. */
  #arguments(args: readonly Node[], object: number, calls: boolean): number {
    let given = 0
    const functions: Node[] = []
    for (const argument of args) {
      const fn = argument.type === 'SpreadElement' ? undefined : this.#functionAt(argument)
      if (fn !== undefined) functions.push(fn)
      else {
        const origins = this.#element(argument)
        if (calls && origins & HOLDS_FUNCTIONS) this.#giveUp(argument)
        given |= origins
      }
    }
    for (const fn of functions) {
      const before = given | (this.#results.get(fn) ?? 0)
      given = before | this.#callBack(fn, object | this.#member(object) | before | this.#member(before))
    }
    return given
  }

  #callBack(fn: Node, origins: number): number {
    this.#reach(fn)
    for (const param of fn.params) {
      if (param.type !== 'RestElement') this.#bind(param, origins)
      else {
        this.#store(origins)
        this.#bind(param.argument, 0)
      }
    }
    return this.#results.get(fn) ?? 0
  }

  #new(node: Node): number {
    const path = globalPath(this.#scopes, node.callee) ?? ''
    if (!MADE.has(path) && !VIEWS.test(path)) return this.#unknown(node)
    const given = this.#arguments(node.arguments, 0, true)
    // A view of a buffer is an alias of it.
    if (VIEWS.test(path)) return given
    this.#store(given | this.#member(given))
    return 0
  }
}
