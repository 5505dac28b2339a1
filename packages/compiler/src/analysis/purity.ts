/**
 * Decides how a module-level variable reaches a thread.
 *
 *   copy    by its text: another evaluation gives an equal value
 *   value   by its value, sent at the spawn: another evaluation would give another one, or the value has changed since
 *   moving  not at all: it keeps changing, and each thread would silently have its own copy
 *
 * Doubtful cases are a `value`, which is always right and only requires `move`: results of calls, and plain data that
 * other code received and may have changed.
 */
import {
  containerOf,
  passesToUnknownCode,
  runsLater,
  isChange,
  isData,
  isEmpty,
  isFrozen,
  isTarget,
} from './mutation.ts'
import { globalPath, pathOf, type Site } from './find.ts'
import { isStaticName } from './statics.ts'
import { inRange, memberPathFrom, type Binding, type Scopes } from '../syntax/scope.ts'
import { unwrap, type Node } from '../syntax/syntax.ts'

export type Transfer =
  { way: 'copy' } | { way: 'value'; mutated?: Node } | { way: 'moving'; at: Node; by: 'assignment' | 'mutation' }

const COPY: Transfer = { way: 'copy' }
const VALUE: Transfer = { way: 'value' }

const CONSTRUCTORS = new Set(
  (
    'Map Set WeakMap WeakSet RegExp Array Object Error TypeError RangeError Intl TextEncoder TextDecoder URL ' +
    'URLSearchParams Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array ' +
    'Float16Array Float32Array Float64Array BigInt64Array BigUint64Array'
  ).split(' '),
)
const NAMESPACES = new Set(
  (
    'Math Number String Object Array JSON Symbol BigInt Boolean Reflect console Intl Promise Date RegExp Map Set ' +
    'Uint8Array Int32Array Float64Array Error'
  ).split(' '),
)
const FUNCTIONS = new Set(
  (
    'String Number Boolean BigInt Symbol Array Object RegExp parseInt parseFloat isNaN encodeURIComponent ' +
    'decodeURIComponent encodeURI decodeURI structuredClone atob btoa'
  ).split(' '),
)
const IMPURE_MEMBERS = new Set(['Math.random', 'Date.now', 'Object.assign', 'Promise.all', 'Promise.resolve'])
/** Functions of Node that return functions, which cannot be sent as values. */
const MAKERS = new Set(['createRequire', 'promisify', 'debuglog', 'callbackify'])
const CONTAINERS = ['array', 'map', 'date', 'object'] as const
const CONSTANTS = new Set(['undefined', 'NaN', 'Infinity', 'globalThis'])

export class Purity {
  readonly #scopes: Scopes
  readonly #ways = new Map<Binding, Transfer>()
  readonly #sites: readonly Site[]
  readonly #source: string
  readonly #changed: ReadonlySet<Binding>

  /**
   * `changed` contains bindings that a borrowing closure may change through an alias. Its thread receives their values,
   * to compare them.
   */
  constructor(
    scopes: Scopes,
    sites: readonly Site[],
    source: string,
    changed: ReadonlySet<Binding> = new Set<Binding>(),
  ) {
    this.#scopes = scopes
    this.#sites = sites
    this.#source = source
    this.#changed = changed
  }

  transferOf(binding: Binding): Transfer {
    let way = this.#ways.get(binding)
    if (way === undefined) {
      // A cycle of initialisers is decided by the other expressions in it.
      this.#ways.set(binding, COPY)
      way = this.#decide(binding)
      this.#ways.set(binding, way)
    }
    return way
  }

  #decide(binding: Binding): Transfer {
    if (binding.kind === 'import' || binding.kind === 'enum') return COPY
    if (binding.kind === 'using') return VALUE
    if (binding.writes.length > 0) return { way: 'moving', at: binding.writes[0].node, by: 'assignment' }
    if (binding.kind === 'function' || binding.kind === 'class') return this.#ifUnchanged(binding, COPY)
    if (this.#changed.has(binding)) return this.#ifUnchanged(binding, VALUE)
    if (binding.node.isHelper === true) return COPY
    const { init, id } = binding.node
    if (!init) return binding.node.type === 'VariableDeclarator' && binding.kind !== 'const' ? COPY : VALUE
    if (isThreadLocal(this.#scopes, init)) return COPY
    if (!this.isPure(init) || (id.type !== 'Identifier' && !this.#isPurePattern(id))) return VALUE
    return this.#ifUnchanged(binding, containerOf(init) === undefined ? COPY : this.#ifKept(binding, init))
  }

  /**
   * Returns true if a module's constant is a static: the module changes it nowhere, every closure gets a copy, and no
   * closure moves it. If only this closure uses the constant afterwards, the closure moves it like a local, because no
   * other code can see it.
   */
  isStatic(binding: Binding, { argument }: Site): boolean {
    if (binding.kind !== 'const' || binding.scope !== this.#scopes.module || isStaticName(this.#scopes, binding))
      return false
    const way = this.transferOf(binding)
    if (way.way !== 'value' || way.mutated !== undefined) return false
    const after = binding.references.filter(({ node }) => node.start > argument.start || runsLater(node))
    if (after.some(reference => CONTAINERS.some(container => isChange(reference, container)))) return false
    return runsAgain(argument) || after.some(({ node }) => !isInside(argument, node))
  }

  /** Returns true if evaluating a node has no effect and gives an equal value everywhere. */
  isPure(node: Node): boolean {
    node = unwrap(node)
    switch (node.type) {
      case 'Literal':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        return true
      case 'ClassExpression':
        return codeRunBy(node, this) === undefined
      case 'TemplateLiteral':
        return node.expressions.every((part: Node) => this.isPure(part))
      case 'TaggedTemplateExpression':
        return globalPath(this.#scopes, node.tag) === 'String.raw' && this.isPure(node.quasi)
      case 'ArrayExpression':
        return node.elements.every(
          (element: Node | null) =>
            element === null || this.isPure(element.type === 'SpreadElement' ? element.argument : element),
        )
      case 'ObjectExpression':
        return node.properties.every((property: Node) =>
          property.type === 'SpreadElement'
            ? this.isPure(property.argument)
            : (!property.computed || this.isPure(property.key)) && this.isPure(property.value),
        )
      case 'UnaryExpression':
        return node.operator !== 'delete' && this.isPure(node.argument)
      case 'BinaryExpression':
      case 'LogicalExpression':
        return this.isPure(node.left) && this.isPure(node.right)
      case 'ConditionalExpression':
        return this.isPure(node.test) && this.isPure(node.consequent) && this.isPure(node.alternate)
      case 'SequenceExpression':
        return node.expressions.every((part: Node) => this.isPure(part))
      case 'Identifier':
        return this.#isPureName(node)
      case 'MemberExpression':
        return this.#isPureMember(node)
      case 'NewExpression': {
        if (this.#isMarked(node)) return true
        const path = globalPath(this.#scopes, node.callee)
        if (path === 'Date' && node.arguments.length === 0) return false
        return (
          path !== undefined &&
          (path === 'Date' || CONSTRUCTORS.has(path) || path.startsWith('Intl.')) &&
          this.#arePure(node.arguments)
        )
      }
      case 'CallExpression':
        return this.#isPureCall(node)
      default:
        return false
    }
  }

  #isPureName(node: Node): boolean {
    const binding = this.#scopes.bindingOf(node)
    if (binding === undefined)
      return CONSTANTS.has(node.name) || CONSTRUCTORS.has(node.name) || FUNCTIONS.has(node.name)
    if (binding.scope !== this.#scopes.module) return isInside(binding.scope.node, node)
    return this.transferOf(binding).way === 'copy'
  }

  #isPureMember(node: Node): boolean {
    const path = globalPath(this.#scopes, node)
    if (path !== undefined) return NAMESPACES.has(path.split('.')[0])
    return this.isPure(node.object) && (!node.computed || this.isPure(node.property))
  }

  #isPureCall(node: Node): boolean {
    if (this.#isMarked(node)) return true
    const { callee } = node
    const path = globalPath(this.#scopes, callee)
    if (path !== undefined) {
      const known =
        FUNCTIONS.has(path) ||
        (NAMESPACES.has(path.split('.')[0]) &&
          path.includes('.') &&
          !IMPURE_MEMBERS.has(path) &&
          !path.startsWith('console.') &&
          !path.startsWith('Reflect.') &&
          !path.startsWith('Promise.'))
      return known && this.#arePure(node.arguments)
    }
    // The descriptor of a struct: created again from the same fields, it is equal.
    if (pathOf(this.#scopes, callee) === 'struct') return this.#arePure(node.arguments)
    if (callee.type === 'Identifier') {
      const binding = this.#scopes.bindingOf(callee)
      return (
        binding?.kind === 'import' &&
        /^(?:node:)?(?:module|util)$/.test(binding.declaration.source.value) &&
        MAKERS.has(callee.name) &&
        node.arguments.every((argument: Node) => argument.type === 'MemberExpression' || this.isPure(argument))
      )
    }
    // `'a b'.split(' ')`, `[1, 2].map(n => n * 2)`: methods of a literal.
    if (callee.type !== 'MemberExpression' || !isBuiltIn(callee.object)) return false
    return this.isPure(callee.object) && this.#arePure(node.arguments)
  }

  /** Returns true for the bundlers' annotation of a call without effects, which is trusted. */
  #isMarked({ start }: Node): boolean {
    return /\/\*\s*[@#]__PURE__\s*\*\/\s*$/.test(this.#source.slice(Math.max(0, start - 40), start))
  }

  /**
   * Returns true if all arguments are pure. Functions among them will be called, so only those with a single pure
   * expression count.
   */
  #arePure(args: Node[]): boolean {
    return args.every(argument => {
      const value = unwrap(argument.type === 'SpreadElement' ? argument.argument : argument)
      if (value.type === 'ArrowFunctionExpression') return value.expression && !value.async && this.isPure(value.body)
      return value.type !== 'FunctionExpression' && this.isPure(value)
    })
  }

  #isPurePattern(pattern: Node): boolean {
    switch (pattern.type) {
      case 'Identifier':
        return true
      case 'AssignmentPattern':
        return this.isPure(pattern.right) && this.#isPurePattern(pattern.left)
      case 'RestElement':
        return this.#isPurePattern(pattern.argument)
      case 'ArrayPattern':
        return pattern.elements.every((element: Node | null) => element === null || this.#isPurePattern(element))
      default:
        return pattern.properties.every((property: Node) =>
          property.type === 'RestElement'
            ? this.#isPurePattern(property)
            : (!property.computed || this.isPure(property.key)) && this.#isPurePattern(property.value),
        )
    }
  }

  /** Returns `otherwise`, unless the object is changed after its declaration. */
  #ifUnchanged(binding: Binding, otherwise: Transfer): Transfer {
    const container = binding.node.init ? containerOf(binding.node.init) : undefined
    const own = container === 'object' ? this.#changeByMethod(binding.node.init) : undefined
    if (own !== undefined) return { way: 'moving', at: own, by: 'mutation' }
    const changes = binding.references.filter(reference => isChange(reference, container))
    if (changes.length === 0) return otherwise
    // If the module's own statements fill the object before other code can read it, its value at the spawn is intended.
    const running = changes.find(
      ({ node }) =>
        container === undefined ||
        ((runsLater(node) || this.#closureAround(node) !== undefined) && !this.#isLastOwner(binding, node)),
    )
    if (running === undefined) return { way: 'value', mutated: changes[0].node }
    return { way: 'moving', at: running.node, by: 'mutation' }
  }

  /** Finds a method that changes its own object: `{ n: 0, next() { return this.n++ } }`. */
  #changeByMethod(init: Node): Node | undefined {
    return inRange(this.#scopes.specials, init.start, init.end).find(
      ({ word, node, owner }) =>
        word === 'this' && owner?.parent?.type === 'Property' && isTarget(memberPathFrom(node).end),
    )?.node
  }

  /** Returns true if the change is in a closure that has moved the object, and no later code uses the object. */
  #isLastOwner(binding: Binding, change: Node): boolean {
    const closure = this.#closureAround(change)
    if (closure === undefined || !closure.moved) return false
    const owner = closure.argument
    if (runsAgain(owner)) return false
    return binding.references.every(({ node }) => node.start < owner.end)
  }

  /** Returns the outermost thread closure around a node, or undefined. */
  #closureAround(node: Node): Site | undefined {
    return this.#sites.find(({ argument }) => argument.start <= node.start && node.end <= argument.end)
  }

  /** Plain data that other code may have changed is sent with its value at the spawn. */
  #ifKept(binding: Binding, init: Node): Transfer {
    if (isFrozen(this.#scopes, init) || !isData(unwrap(init))) return COPY
    if (binding.exported && isEmpty(unwrap(init))) return VALUE
    return binding.references.some(({ node }) =>
      passesToUnknownCode(this.#scopes, node, this.#closureAround(node) !== undefined),
    )
      ? VALUE
      : COPY
  }
}

/**
 * Returns the code that runs when a class is declared, or undefined: decorators, static blocks, static fields with
 * effects.
 */
export function codeRunBy(node: Node, purity: Purity): Node | undefined {
  if (node.decorators.length > 0) return node.decorators[0]
  for (const member of node.body.body as Node[]) {
    if (member.type === 'StaticBlock') return member
    if ((member.decorators ?? []).length > 0) return member.decorators[0]
    if (member.static && member.type !== 'MethodDefinition' && member.value && !purity.isPure(member.value))
      return member
  }
  return undefined
}

/** Does the same for the name of a class. Returns undefined for any other name. */
export function codeRunByClassOf(binding: Binding, purity: Purity): Node | undefined {
  const cls = binding.kind === 'class' ? binding.node : binding.node.init && unwrap(binding.node.init)
  return cls?.type.startsWith('Class') ? codeRunBy(cls, purity) : undefined
}

/** Returns true for code in a loop or a function, which may be evaluated more than once. */
function runsAgain(node: Node): boolean {
  for (let around = node.parent; around; around = around.parent) {
    if (/^(?:For|While|DoWhile)|Function|^(?:MethodDefinition|PropertyDefinition)$/.test(around.type)) return true
  }
  return false
}

function isThreadLocal(scopes: Scopes, init: Node): boolean {
  const call = unwrap(init)
  return call.type === 'CallExpression' && pathOf(scopes, call.callee) === 'threadLocal'
}

function isBuiltIn(node: Node): boolean {
  node = unwrap(node)
  if (node.type === 'CallExpression') return node.callee.type === 'MemberExpression' && isBuiltIn(node.callee.object)
  return node.type === 'Literal' || node.type === 'TemplateLiteral' || node.type === 'ArrayExpression'
}

function isInside(outer: Node, inner: Node): boolean {
  return outer.start <= inner.start && inner.end <= outer.end && outer.type !== 'Program'
}
