/**
 * From syntax to a graph.
 *
 * Frames are what a jump passes on its way out. Leaving a `using` block releases; leaving a `try` with a `finally` runs
 * a copy of it, built where the jump is, with the frames outside of it: so a `finally` that itself jumps is right, and
 * what each way out does stays apart.
 *
 * A call or an `await` may throw: its block has an edge to whoever catches, taken before the call did anything. What a
 * call does and then throws is not on that edge: a failed `send` moves nothing, a failed `lock` holds nothing.
 *
 * One file, though a long one: every kind of statement reads and changes the same block and the same frames.
 */
import {
  children,
  globalPath,
  isFunctionLiteral,
  unwrap,
  type Binding,
  type Node,
  type Scope,
  type Scopes,
} from '@fearless/compiler/analysis'
import type { Block, Event, Graph } from './graph.ts'

type Frame =
  | { kind: 'loop'; labels: readonly string[]; out: Block; next: Block }
  | { kind: 'label'; labels: readonly string[]; out: Block; breakable: boolean }
  | { kind: 'using'; node: Node; bindings: Binding[]; caught: Block | undefined }
  | { kind: 'finally'; body: Node; caught: Block | undefined }
  | { kind: 'catch'; caught: Block }

export function buildGraph(scopes: Scopes, owner: Node): Graph {
  return new Builder(scopes, owner).build()
}

class Builder {
  readonly #scopes: Scopes
  readonly #owner: Node
  readonly #blocks: Block[] = []
  /** The blocks that something leads to. */
  readonly #reached = new Set<Block>()
  readonly #end: Block
  #frames: Frame[] = []
  /** Where the next event goes; undefined where nothing can come to. */
  #now: Block | undefined

  constructor(scopes: Scopes, owner: Node) {
    this.#scopes = scopes
    this.#owner = owner
    this.#end = this.#block()
    this.#end.events.push({ kind: 'end', node: owner })
  }

  build(): Graph {
    const entry = this.#block()
    this.#now = entry
    const owner = this.#owner
    switch (owner.type) {
      case 'Program':
      case 'StaticBlock':
        this.#list(owner, owner.body)
        break
      case 'ClassBody':
        for (const member of owner.body) if (isInstanceField(member)) this.#expression(member.value)
        break
      default:
        this.#function(owner)
    }
    this.#flow(this.#end)
    return { owner, blocks: this.#blocks, entry }
  }

  #function(owner: Node): void {
    for (const param of owner.params) {
      if (param.type === 'Identifier' && param.name === 'this') continue
      this.#declarePattern(param, undefined)
    }
    if (!owner.body) return
    if (owner.body.type === 'BlockStatement') return this.#list(owner.body, owner.body.body)
    this.#expression(owner.body)
    this.#emit({ kind: 'return', node: owner.body, value: owner.body })
  }

  // Statements.

  #list(node: Node, statements: readonly Node[]): void {
    const bindings = statements.flatMap(statement => this.#usingsOf(statement))
    if (bindings.length === 0) return this.#statements(statements)
    this.#within({ kind: 'using', node, bindings, caught: undefined }, () => this.#statements(statements))
    for (const binding of bindings.toReversed()) this.#emit({ kind: 'release', node, binding })
  }

  #usingsOf(statement: Node): Binding[] {
    if (statement.type !== 'VariableDeclaration' || !statement.kind.endsWith('using')) return []
    return statement.declarations.flatMap((declarator: Node) => this.#declaredBy(declarator.id) ?? [])
  }

  #statements(statements: readonly Node[]): void {
    for (const statement of statements) this.#statement(statement, [])
  }

  #statement(node: Node, labels: readonly string[]): void {
    if (this.#now === undefined && node.type !== 'FunctionDeclaration') return
    switch (node.type) {
      case 'BlockStatement':
        return this.#labelled(labels, () => this.#list(node, node.body))
      case 'ExpressionStatement':
        return this.#expression(node.expression)
      case 'VariableDeclaration':
        return this.#variables(node)
      case 'IfStatement':
        return this.#labelled(labels, () => this.#if(node))
      case 'ForStatement':
        return this.#for(node, labels)
      case 'ForInStatement':
      case 'ForOfStatement':
        return this.#forEach(node, labels)
      case 'WhileStatement':
        return this.#while(node, labels)
      case 'DoWhileStatement':
        return this.#doWhile(node, labels)
      case 'SwitchStatement':
        return this.#switch(node, labels)
      case 'TryStatement':
        return this.#labelled(labels, () => this.#try(node))
      case 'LabeledStatement':
        return this.#statement(node.body, [...labels, node.label.name])
      case 'BreakStatement':
        return this.#jump(node.label?.name, 'break')
      case 'ContinueStatement':
        return this.#jump(node.label?.name, 'continue')
      case 'ReturnStatement':
        if (node.argument) this.#expression(node.argument)
        this.#emit({ kind: 'return', node, value: node.argument ?? undefined })
        this.#leave(0)
        return this.#stop(this.#end)
      case 'ThrowStatement':
        this.#expression(node.argument)
        return this.#stop(this.#handler())
      case 'ExportNamedDeclaration':
      case 'ExportDefaultDeclaration':
        if (node.declaration && !node.declaration.type.startsWith('TS')) this.#exported(node.declaration)
        return
      case 'ClassDeclaration':
        return this.#class(node)
      case 'FunctionDeclaration':
      case 'ImportDeclaration':
      case 'ExportAllDeclaration':
      case 'EmptyStatement':
        return
      default:
        if (node.type.startsWith('TS') && node.type !== 'TSExportAssignment') return
        return this.#expression(node)
    }
  }

  #exported(node: Node): void {
    if (node.type.endsWith('Declaration')) this.#statement(node, [])
    else this.#expression(node)
  }

  #variables(node: Node): void {
    if (node.declare) return
    for (const declarator of node.declarations) {
      if (declarator.init) this.#expression(declarator.init)
      else if (node.kind === 'var') continue
      this.#declarePattern(declarator.id, declarator.init ?? undefined)
    }
  }

  #if(node: Node): void {
    this.#expression(node.test)
    const after = this.#block()
    const before = this.#now
    this.#branch(before, after, node.test, true, () => this.#statement(node.consequent, []))
    this.#branch(before, after, node.test, false, () => node.alternate && this.#statement(node.alternate, []))
    this.#resume(after)
  }

  #while(node: Node, labels: readonly string[]): void {
    const head = this.#block()
    const after = this.#block()
    this.#flow(head)
    this.#now = head
    this.#expression(node.test)
    this.#leaveLoop(node.test, after)
    this.#loop(labels, after, head, () => {
      this.#absent(node.test, true)
      this.#statement(node.body, [])
    })
    this.#flow(head)
    this.#resume(after)
  }

  #doWhile(node: Node, labels: readonly string[]): void {
    const head = this.#block()
    const test = this.#block()
    const after = this.#block()
    this.#flow(head)
    this.#now = head
    this.#loop(labels, after, test, () => this.#statement(node.body, []))
    this.#flow(test)
    this.#resume(test)
    if (this.#now !== undefined) {
      this.#expression(node.test)
      this.#flow(head)
      if (isTrue(node.test)) this.#now = undefined
    }
    this.#flow(after)
    this.#resume(after)
  }

  #for(node: Node, labels: readonly string[]): void {
    if (node.init?.type === 'VariableDeclaration') this.#variables(node.init)
    else if (node.init) this.#expression(node.init)
    const head = this.#block()
    const update = this.#block()
    const after = this.#block()
    this.#flow(head)
    this.#now = head
    if (node.test) {
      this.#expression(node.test)
      this.#leaveLoop(node.test, after)
    }
    this.#loop(labels, after, update, () => {
      if (node.test) this.#absent(node.test, true)
      this.#statement(node.body, [])
    })
    this.#flow(update)
    this.#resume(update)
    if (node.update && this.#now !== undefined) this.#expression(node.update)
    this.#flow(head)
    this.#resume(after)
  }

  #forEach(node: Node, labels: readonly string[]): void {
    this.#expression(node.right)
    this.#emit({ kind: 'loop', node })
    const head = this.#block()
    const after = this.#block()
    this.#flow(head)
    this.#now = head
    if (node.await) this.#emit({ kind: 'await', node })
    this.#flow(after)
    this.#loop(labels, after, head, () => {
      const declares = node.left.type === 'VariableDeclaration'
      const bindings = declares && node.left.kind.endsWith('using') ? this.#usingsOf(node.left) : []
      const turn = (): void => {
        if (declares) for (const declarator of node.left.declarations) this.#declarePattern(declarator.id, undefined)
        else this.#target(node.left, undefined)
        this.#statement(node.body, [])
      }
      if (bindings.length === 0) return turn()
      this.#within({ kind: 'using', node, bindings, caught: undefined }, turn)
      for (const binding of bindings) this.#emit({ kind: 'release', node, binding })
    })
    this.#flow(head)
    this.#resume(after)
  }

  #switch(node: Node, labels: readonly string[]): void {
    this.#expression(node.discriminant)
    const after = this.#block()
    const bodies = node.cases.map(() => this.#block())
    this.#within({ kind: 'label', labels, out: after, breakable: true }, () => {
      for (const [at, { test }] of node.cases.entries()) {
        if (!test) continue
        this.#expression(test)
        this.#flow(bodies[at])
        this.#resume(this.#follow())
      }
      const otherwise = node.cases.findIndex(({ test }: Node) => !test)
      this.#flow(otherwise === -1 ? after : bodies[otherwise])
      for (const [at, { consequent }] of node.cases.entries()) {
        this.#flow(bodies[at])
        this.#resume(bodies[at])
        this.#statements(consequent)
      }
      this.#flow(after)
    })
    this.#resume(after)
  }

  #try(node: Node): void {
    const after = this.#block()
    const body = (): void => {
      if (!node.handler) return this.#list(node.block, node.block.body)
      const caught = this.#block()
      const joined = this.#block()
      this.#flow(caught)
      this.#within({ kind: 'catch', caught }, () => this.#list(node.block, node.block.body))
      this.#flow(joined)
      this.#now = caught
      if (node.handler.param) this.#declarePattern(node.handler.param, undefined)
      this.#list(node.handler.body, node.handler.body.body)
      this.#flow(joined)
      this.#resume(joined)
    }
    if (node.finalizer) {
      this.#within({ kind: 'finally', body: node.finalizer, caught: undefined }, body)
      if (this.#now !== undefined) this.#list(node.finalizer, node.finalizer.body)
    } else body()
    this.#flow(after)
    this.#resume(after)
  }

  // Expressions.

  #expression(node: Node): void {
    if (this.#now === undefined) return
    switch (node.type) {
      case 'Identifier':
      case 'JSXIdentifier': {
        const binding = this.#scopes.bindingOf(node)
        if (binding !== undefined) this.#emit({ kind: 'use', node, binding })
        return
      }
      case 'MemberExpression':
        this.#expression(node.object)
        if (node.computed) this.#optional(node.optional, () => this.#expression(node.property))
        return
      case 'CallExpression':
        return this.#call(node)
      case 'NewExpression':
        children(node, child => this.#part(child))
        return this.#emitCall(node)
      case 'ImportExpression':
      case 'TaggedTemplateExpression':
        children(node, child => this.#part(child))
        return this.#mayThrow()
      case 'ArrowFunctionExpression':
      case 'FunctionExpression':
        return this.#emit({ kind: 'closure', node })
      case 'ClassExpression':
        return this.#class(node)
      case 'AwaitExpression':
        this.#expression(node.argument)
        this.#mayThrow()
        return this.#emit({ kind: 'await', node })
      case 'LogicalExpression':
        this.#expression(node.left)
        return this.#optional(true, () => {
          this.#absent(node.left, node.operator === '&&')
          this.#expression(node.right)
        })
      case 'ConditionalExpression': {
        this.#expression(node.test)
        const before = this.#now
        const after = this.#block()
        this.#branch(before, after, node.test, true, () => this.#expression(node.consequent))
        this.#branch(before, after, node.test, false, () => this.#expression(node.alternate))
        return this.#resume(after)
      }
      case 'AssignmentExpression':
        return this.#assignment(node)
      case 'UpdateExpression': {
        const target = unwrap(node.argument)
        this.#expression(target)
        return this.#target(target, undefined)
      }
      case 'BinaryExpression':
        // `tx !== undefined` asks whether there is one, and uses nothing of it.
        if (/^[!=]==?$/.test(node.operator) && isNothing(node.right) && unwrap(node.left).type === 'Identifier') return
        this.#expression(node.left)
        return this.#expression(node.right)
      case 'UnaryExpression':
        if (node.operator === 'typeof' && unwrap(node.argument).type === 'Identifier') return
        return this.#expression(node.argument)
      case 'Property':
        if (node.computed) this.#expression(node.key)
        return this.#expression(node.value)
      case 'JSXMemberExpression':
        return this.#expression(node.object)
      case 'JSXAttribute':
        return node.value ? this.#expression(node.value) : undefined
      case 'JSXClosingElement':
        return
      default:
        children(node, child => this.#part(child))
    }
  }

  #part(node: Node): void {
    if (node.type.startsWith('TS') && unwrap(node) === node) return
    this.#expression(node)
  }

  #call(node: Node): void {
    this.#expression(node.callee)
    this.#optional(node.optional, () => {
      for (const argument of node.arguments) this.#expression(argument)
      this.#emitCall(node)
    })
    if (globalPath(this.#scopes, node.callee) === 'process.exit') this.#now = undefined
  }

  #emitCall(node: Node): void {
    this.#mayThrow()
    this.#emit({ kind: 'call', node })
  }

  #assignment(node: Node): void {
    const target = unwrap(node.left)
    const short = /^(?:&&|\|\||\?\?)=$/.test(node.operator)
    if (node.operator !== '=') this.#expression(target)
    else if (target.type === 'MemberExpression') this.#expression(target)
    this.#optional(short, () => {
      this.#expression(node.right)
      this.#target(target, node.operator === '=' ? node.right : undefined)
    })
  }

  /** What runs when a class is declared: its heritage, computed keys and static parts. */
  #class(node: Node): void {
    if (node.superClass) this.#expression(node.superClass)
    for (const member of node.body.body) {
      if (member.type.startsWith('TS')) continue
      if (member.computed && member.key) this.#expression(member.key)
      if (member.static && member.value && !isFunctionLiteral(member.value) && this.#now) this.#expression(member.value)
    }
  }

  // Names.

  /** Every name of a pattern gets a value; `value` is known only where the pattern is one name. */
  #declarePattern(pattern: Node | null, value: Node | undefined): void {
    this.#pattern(pattern, value, (id, known) => {
      const binding = this.#declaredBy(id)
      if (binding !== undefined) this.#emit({ kind: 'declare', node: id, binding, value: known })
    })
  }

  #target(target: Node | null, value: Node | undefined): void {
    this.#pattern(target, value, (node, known) => {
      if (node.type !== 'Identifier') {
        if (value === undefined || node !== target) this.#expression(node)
        return node.type === 'MemberExpression' ? this.#emit({ kind: 'fill', node }) : undefined
      }
      const binding = this.#scopes.bindingOf(node)
      if (binding !== undefined) this.#emit({ kind: 'assign', node, binding, value: known })
    })
  }

  #pattern(pattern: Node | null, value: Node | undefined, leaf: (node: Node, value: Node | undefined) => void): void {
    if (pattern === null) return
    switch (pattern.type) {
      case 'TSParameterProperty':
        return this.#pattern(pattern.parameter, value, leaf)
      case 'AssignmentPattern':
        this.#optional(true, () => this.#expression(pattern.right))
        return this.#pattern(pattern.left, undefined, leaf)
      case 'RestElement':
        return this.#pattern(pattern.argument, undefined, leaf)
      case 'ArrayPattern':
        for (const element of pattern.elements) this.#pattern(element, undefined, leaf)
        return
      case 'ObjectPattern':
        for (const property of pattern.properties) {
          if (property.type === 'RestElement') this.#pattern(property, undefined, leaf)
          else {
            if (property.computed) this.#expression(property.key)
            this.#pattern(property.value, undefined, leaf)
          }
        }
        return
      default:
        return leaf(unwrap(pattern), value)
    }
  }

  #declaredBy(id: Node): Binding | undefined {
    if (id.type !== 'Identifier') return undefined
    return declarationsOf(this.#scopes).get(id)
  }

  // Blocks and edges.

  #block(): Block {
    const block: Block = { index: this.#blocks.length, events: [], to: [] }
    this.#blocks.push(block)
    return block
  }

  #emit(event: Event): void {
    this.#now?.events.push(event)
  }

  /** An edge from here to `block`, if anything can come to here. */
  #flow(block: Block): void {
    if (this.#now === undefined) return
    this.#now.to.push(block)
    this.#reached.add(block)
  }

  #stop(block: Block | undefined): void {
    if (block !== undefined) this.#flow(block)
    this.#now = undefined
  }

  #follow(): Block {
    const block = this.#block()
    this.#flow(block)
    return block
  }

  /** Goes on in `block`, unless nothing leads to it. */
  #resume(block: Block): void {
    this.#now = this.#reached.has(block) ? block : undefined
  }

  /** What follows a test that came out as `outcome`. */
  #branch(before: Block | undefined, after: Block, test: Node, outcome: boolean, build: () => void): void {
    this.#now = before
    if (before !== undefined) this.#now = this.#follow()
    this.#absent(test, outcome)
    build()
    this.#flow(after)
  }

  #leaveLoop(test: Node, after: Block): void {
    const before = this.#now
    if (isTrue(test)) return
    this.#branch(before, after, test, false, () => {})
    this.#now = before
  }

  /** Names that have no value where a test came out so: `guard` after `if (guard === undefined)`. */
  #absent(test: Node, outcome: boolean): void {
    const node = unwrap(test)
    switch (node.type) {
      case 'UnaryExpression':
        if (node.operator === '!') this.#absent(node.argument, !outcome)
        return
      case 'LogicalExpression':
        if (node.operator === '??' || (node.operator === '&&') !== outcome) return
        this.#absent(node.left, outcome)
        return this.#absent(node.right, outcome)
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
    if (binding !== undefined) this.#emit({ kind: 'absent', node: name, binding })
  }

  /** Something that may or may not be evaluated. */
  #optional(optional: boolean, build: () => void): void {
    if (!optional || this.#now === undefined) return build()
    const after = this.#block()
    this.#flow(after)
    this.#now = this.#follow()
    build()
    this.#flow(after)
    this.#now = after
  }

  #mayThrow(): void {
    const handler = this.#handler()
    if (handler === undefined || this.#now === undefined) return
    this.#flow(handler)
    this.#now = this.#follow()
  }

  // Frames.

  #within(frame: Frame, build: () => void): void {
    this.#frames.push(frame)
    build()
    this.#frames.pop()
  }

  #loop(labels: readonly string[], out: Block, next: Block, body: () => void): void {
    if (this.#now !== undefined) this.#now = this.#follow()
    this.#within({ kind: 'loop', labels, out, next }, body)
  }

  #labelled(labels: readonly string[], build: () => void): void {
    if (labels.length === 0) return build()
    const out = this.#block()
    this.#within({ kind: 'label', labels, out, breakable: false }, build)
    this.#flow(out)
    this.#resume(out)
  }

  #jump(label: string | undefined, kind: 'break' | 'continue'): void {
    for (let at = this.#frames.length - 1; at >= 0; at--) {
      const frame = this.#frames[at]
      if (frame.kind !== 'loop' && frame.kind !== 'label') continue
      const meant =
        label !== undefined
          ? frame.labels.includes(label)
          : frame.kind === 'loop' || (kind === 'break' && frame.breakable)
      if (!meant) continue
      this.#leave(at + 1)
      return this.#stop(kind === 'continue' && frame.kind === 'loop' ? frame.next : frame.out)
    }
    this.#now = undefined
  }

  /** Passes the frames from the innermost down to number `last`, doing what each asks of who leaves it. */
  #leave(last: number): void {
    const frames = this.#frames
    for (let at = frames.length - 1; at >= last && this.#now !== undefined; at--) {
      this.#frames = frames.slice(0, at)
      this.#exit(frames[at])
    }
    this.#frames = frames
  }

  #exit(frame: Frame): void {
    if (frame.kind === 'finally') this.#list(frame.body, frame.body.body)
    if (frame.kind !== 'using') return
    for (const binding of frame.bindings.toReversed()) this.#emit({ kind: 'release', node: frame.node, binding })
  }

  /** Where an exception thrown here goes; undefined where it leaves the function. */
  #handler(): Block | undefined {
    for (let at = this.#frames.length - 1; at >= 0; at--) {
      const frame = this.#frames[at]
      if (frame.kind === 'catch') return frame.caught
      if (
        frame.kind === 'using' &&
        !this.#frames.slice(0, at).some(({ kind }) => kind === 'catch' || kind === 'finally')
      )
        continue
      if (frame.kind !== 'using' && frame.kind !== 'finally') continue
      if (frame.caught !== undefined) return frame.caught
      frame.caught = this.#block()
      const { frames, now } = { frames: this.#frames, now: this.#now }
      this.#frames = frames.slice(0, at)
      this.#now = frame.caught
      this.#exit(frame)
      this.#stop(this.#handler())
      this.#frames = frames
      this.#now = now
      return frame.caught
    }
    return undefined
  }
}

const isTrue = (test: Node): boolean => unwrap(test).type === 'Literal' && unwrap(test).value === true

/** A field that each new instance evaluates: together they are a piece of every constructor. */
export const isInstanceField = ({ type, static: own, value }: Node): boolean =>
  (type === 'PropertyDefinition' || type === 'AccessorProperty') && !own && value !== null && !isFunctionLiteral(value)

const isNothing = (node: Node): boolean => {
  const value = unwrap(node)
  return (
    (value.type === 'Identifier' && value.name === 'undefined') || (value.type === 'Literal' && value.value === null)
  )
}

const known = new WeakMap<Scopes, Map<Node, Binding>>()

/** The bindings by the identifiers that declare them. */
export function declarationsOf(scopes: Scopes): Map<Node, Binding> {
  let found = known.get(scopes)
  if (found === undefined) {
    found = new Map()
    const seen = new Set<Scope>()
    for (const reference of scopes.references) {
      for (let scope = reference.scope; scope !== undefined && !seen.has(scope); scope = scope.parent!) {
        seen.add(scope)
        for (const binding of scope.bindings.values()) found.set(binding.id, binding)
      }
    }
    known.set(scopes, found)
  }
  return found
}
