/**
 * Builds expressions, patterns and tests into a control-flow graph, in the order of their evaluation.
 *
 * The operand after `&&`, `?.` and the default of a pattern may be skipped, so each is on one of two branches.
 */
import {
  children,
  declarationsOf,
  isFunctionLiteral,
  unwrap,
  type Binding,
  type Node,
  type Scopes,
} from '@fearless/compiler/analysis'
import type { Control } from './control.ts'
import type { Block, Value } from './graph.ts'
import { thisAt } from './this.ts'

export class Expressions {
  readonly #scopes: Scopes
  readonly #control: Control

  constructor(scopes: Scopes, control: Control) {
    this.#scopes = scopes
    this.#control = control
  }

  expression(node: Node): void {
    if (this.#control.now === undefined) return
    switch (node.type) {
      case 'Identifier':
      case 'JSXIdentifier': {
        const binding = this.#scopes.bindingOf(node)
        if (binding !== undefined) this.#control.emit({ kind: 'use', node, binding })
        return
      }
      case 'ThisExpression': {
        const binding = thisAt(this.#scopes, node)
        if (binding !== undefined) this.#control.emit({ kind: 'use', node, binding })
        return
      }
      case 'MemberExpression':
        this.expression(node.object)
        if (node.computed) this.#control.optional(node.optional, () => this.expression(node.property))
        return
      case 'CallExpression':
        return this.#call(node)
      case 'NewExpression':
        children(node, child => this.#part(child))
        return this.#emitCall(node)
      case 'ImportExpression':
      case 'TaggedTemplateExpression':
        children(node, child => this.#part(child))
        return this.#control.mayThrow()
      case 'ArrowFunctionExpression':
      case 'FunctionExpression':
        return this.#control.emit({ kind: 'closure', node })
      case 'ClassExpression':
        return this.class(node)
      case 'AwaitExpression':
        this.expression(node.argument)
        this.#control.mayThrow()
        return this.#control.emit({ kind: 'await', node })
      case 'LogicalExpression':
        this.expression(node.left)
        return this.#control.optional(true, () => {
          this.absent(node.left, node.operator === '&&')
          this.expression(node.right)
        })
      case 'ConditionalExpression': {
        this.expression(node.test)
        const before = this.#control.now
        const after = this.#control.block()
        this.branch(before, after, node.test, true, () => this.expression(node.consequent))
        this.branch(before, after, node.test, false, () => this.expression(node.alternate))
        return this.#control.resume(after)
      }
      case 'AssignmentExpression':
        return this.#assignment(node)
      case 'UpdateExpression': {
        const target = unwrap(node.argument)
        this.expression(target)
        return this.#target(target, undefined, true)
      }
      case 'BinaryExpression':
        // `tx !== undefined` only tests for presence, which is no use of the value.
        if (/^[!=]==?$/.test(node.operator) && isNothing(node.right) && unwrap(node.left).type === 'Identifier') return
        this.expression(node.left)
        return this.expression(node.right)
      case 'UnaryExpression':
        if (node.operator === 'typeof' && unwrap(node.argument).type === 'Identifier') return
        return this.expression(node.argument)
      case 'Property':
        if (node.computed) this.expression(node.key)
        return this.expression(node.value)
      case 'JSXMemberExpression':
        return this.expression(node.object)
      case 'JSXAttribute':
        return node.value ? this.expression(node.value) : undefined
      case 'JSXClosingElement':
        return
      default:
        children(node, child => this.#part(child))
    }
  }

  #part(node: Node): void {
    if (node.type.startsWith('TS') && unwrap(node) === node) return
    this.expression(node)
  }

  #call(node: Node): void {
    this.expression(node.callee)
    this.#control.optional(node.optional, () => {
      for (const argument of node.arguments) this.expression(argument)
      this.#emitCall(node)
    })
  }

  #emitCall(node: Node): void {
    this.#control.mayThrow()
    this.#control.emit({ kind: 'call', node })
  }

  #assignment(node: Node): void {
    const target = unwrap(node.left)
    const short = /^(?:&&|\|\||\?\?)=$/.test(node.operator)
    if (node.operator !== '=') this.expression(target)
    else if (target.type === 'MemberExpression') this.expression(target)
    this.#control.optional(short, () => {
      this.expression(node.right)
      this.#target(target, node.operator === '=' ? node.right : undefined, target.type === 'MemberExpression')
    })
  }

  /** Builds the code that a class declaration runs: its heritage, computed keys and static parts. */
  class(node: Node): void {
    if (node.superClass) this.expression(node.superClass)
    for (const member of node.body.body) {
      if (member.type.startsWith('TS')) continue
      if (member.computed && member.key) this.expression(member.key)
      if (member.static && member.value && !isFunctionLiteral(member.value) && this.#control.now)
        this.expression(member.value)
    }
  }

  // Names.

  /** Declares every name of a pattern with its value. */
  declarePattern(pattern: Node | null, value: Node | undefined): void {
    this.#pattern(pattern, value && { node: value, path: '' }, (id, known) => {
      const binding = this.declaredBy(id)
      if (binding !== undefined) this.#control.emit({ kind: 'declare', node: id, binding, value: known })
    })
  }

  target(target: Node | null, value: Node | undefined): void {
    this.#target(target, value, false)
  }

  /** Builds an assignment target. `isEvaluated`: the object of a member was built before. */
  #target(target: Node | null, value: Node | undefined, isEvaluated: boolean): void {
    this.#pattern(target, value && { node: value, path: '' }, (node, known) => {
      if (node.type !== 'Identifier') {
        if (!isEvaluated) this.expression(node)
        return node.type === 'MemberExpression' ? this.#control.emit({ kind: 'fill', node }) : undefined
      }
      const binding = this.#scopes.bindingOf(node)
      if (binding !== undefined) this.#control.emit({ kind: 'assign', node, binding, value: known })
    })
  }

  #pattern(pattern: Node | null, value: Value | undefined, leaf: (node: Node, value: Value | undefined) => void): void {
    if (pattern === null) return
    const part = (step: string): Value | undefined => value && { node: value.node, path: value.path + step }
    switch (pattern.type) {
      case 'TSParameterProperty':
        return this.#pattern(pattern.parameter, value, leaf)
      case 'AssignmentPattern':
        this.#control.optional(true, () => this.expression(pattern.right))
        return this.#pattern(pattern.left, undefined, leaf)
      case 'RestElement':
        return this.#pattern(pattern.argument, undefined, leaf)
      case 'ArrayPattern':
        for (const [index, element] of pattern.elements.entries()) this.#pattern(element, part(`[${index}]`), leaf)
        return
      case 'ObjectPattern':
        for (const property of pattern.properties) {
          if (property.type === 'RestElement') this.#pattern(property, undefined, leaf)
          else {
            if (property.computed) this.expression(property.key)
            const isNamed = !property.computed && property.key.type === 'Identifier'
            this.#pattern(property.value, isNamed ? part(`.${property.key.name}`) : undefined, leaf)
          }
        }
        return
      default:
        return leaf(unwrap(pattern), value)
    }
  }

  declaredBy(id: Node): Binding | undefined {
    if (id.type !== 'Identifier') return undefined
    return declarationsOf(this.#scopes).get(id)
  }

  // Tests.

  /** Builds the code that follows a test with this outcome. */
  branch(before: Block | undefined, after: Block, test: Node, outcome: boolean, build: () => void): void {
    this.#control.now = before
    if (before !== undefined) this.#control.now = this.#control.follow()
    this.absent(test, outcome)
    build()
    this.#control.flow(after)
  }

  /** Marks the names that have no value after this outcome of a test: `guard` in `if (guard === undefined)`. */
  absent(test: Node, outcome: boolean): void {
    const node = unwrap(test)
    switch (node.type) {
      case 'UnaryExpression':
        if (node.operator === '!') this.absent(node.argument, !outcome)
        return
      case 'LogicalExpression':
        if (node.operator === '??' || (node.operator === '&&') !== outcome) return
        this.absent(node.left, outcome)
        return this.absent(node.right, outcome)
      case 'BinaryExpression': {
        const same = /^===?$/.test(node.operator)
        if (!same && !/^!==?$/.test(node.operator)) return
        if (isNothing(node.right) && same === outcome) this.#nothing(node.left)
        return
      }
      default:
        if (!outcome) this.#nothing(node)
    }
  }

  #nothing(value: Node): void {
    const node = unwrap(value)
    const name = node.type === 'AssignmentExpression' ? unwrap(node.left) : node
    const binding = name.type === 'Identifier' ? this.#scopes.bindingOf(name) : undefined
    if (binding !== undefined) this.#control.emit({ kind: 'absent', node: name, binding })
  }
}

const isNothing = (node: Node): boolean => {
  const value = unwrap(node)
  return (
    (value.type === 'Identifier' && value.name === 'undefined') || (value.type === 'Literal' && value.value === null)
  )
}
