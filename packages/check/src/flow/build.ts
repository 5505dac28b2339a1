/**
 * Builds a function's control-flow graph: statements here, expressions in `expressions.ts`, jumps and exceptional edges
 * in `control.ts`.
 */
import { unwrap, type Binding, type Node, type Scopes } from '@fearless/compiler/analysis'
import { Control } from './control.ts'
import { Expressions } from './expressions.ts'
import type { Block, Graph } from './graph.ts'
import { isInstanceField } from '../syntax/functions.ts'

export function buildGraph(scopes: Scopes, owner: Node): Graph {
  return new Builder(scopes, owner).build()
}

class Builder {
  readonly #owner: Node
  readonly #control = new Control(node => this.#list(node, node.body))
  readonly #expressions: Expressions
  readonly #end: Block

  constructor(scopes: Scopes, owner: Node) {
    this.#expressions = new Expressions(scopes, this.#control)
    this.#owner = owner
    this.#end = this.#control.block()
    this.#end.events.push({ kind: 'end', node: owner })
  }

  build(): Graph {
    const entry = this.#control.block()
    this.#control.now = entry
    const owner = this.#owner
    switch (owner.type) {
      case 'Program':
      case 'StaticBlock':
        this.#list(owner, owner.body)
        break
      case 'ClassBody':
        for (const member of owner.body) if (isInstanceField(member)) this.#expressions.expression(member.value)
        break
      default:
        this.#function(owner)
    }
    this.#control.flow(this.#end)
    return { owner, blocks: this.#control.blocks, entry, ends: this.#control.isReached(this.#end) }
  }

  #function(owner: Node): void {
    for (const param of owner.params) {
      if (param.type === 'Identifier' && param.name === 'this') continue
      this.#expressions.declarePattern(param, undefined)
    }
    if (!owner.body) return
    if (owner.body.type === 'BlockStatement') return this.#list(owner.body, owner.body.body)
    this.#expressions.expression(owner.body)
    this.#control.emit({ kind: 'return', node: owner.body, value: owner.body })
  }

  #list(node: Node, statements: readonly Node[]): void {
    const bindings = statements.flatMap(statement => this.#usingsOf(statement))
    if (bindings.length === 0) return this.#statements(statements)
    this.#control.within({ kind: 'using', node, bindings }, () => this.#statements(statements))
    for (const binding of bindings.toReversed()) this.#control.emit({ kind: 'release', node, binding })
  }

  #usingsOf(statement: Node): Binding[] {
    if (statement.type !== 'VariableDeclaration' || !statement.kind.endsWith('using')) return []
    return statement.declarations.flatMap((declarator: Node) => this.#expressions.declaredBy(declarator.id) ?? [])
  }

  #statements(statements: readonly Node[]): void {
    for (const statement of statements) this.#statement(statement, [])
  }

  #statement(node: Node, labels: readonly string[]): void {
    if (this.#control.now === undefined && node.type !== 'FunctionDeclaration') return
    switch (node.type) {
      case 'BlockStatement':
        return this.#control.labelled(labels, () => this.#list(node, node.body))
      case 'ExpressionStatement':
        return this.#expressions.expression(node.expression)
      case 'VariableDeclaration':
        return this.#variables(node)
      case 'IfStatement':
        return this.#control.labelled(labels, () => this.#if(node))
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
        return this.#control.labelled(labels, () => this.#try(node))
      case 'LabeledStatement':
        return this.#statement(node.body, [...labels, node.label.name])
      case 'BreakStatement':
        return this.#control.jump(node.label?.name, 'break')
      case 'ContinueStatement':
        return this.#control.jump(node.label?.name, 'continue')
      case 'ReturnStatement':
        if (node.argument) this.#expressions.expression(node.argument)
        this.#control.emit({ kind: 'return', node, value: node.argument ?? undefined })
        return this.#control.return(this.#end)
      case 'ThrowStatement':
        this.#expressions.expression(node.argument)
        return this.#control.stop(this.#control.handler())
      case 'ExportNamedDeclaration':
      case 'ExportDefaultDeclaration':
        if (node.declaration && !node.declaration.type.startsWith('TS')) this.#exported(node.declaration)
        return
      case 'ClassDeclaration':
        return this.#expressions.class(node)
      case 'FunctionDeclaration':
      case 'ImportDeclaration':
      case 'ExportAllDeclaration':
      case 'EmptyStatement':
        return
      default:
        if (node.type.startsWith('TS') && node.type !== 'TSExportAssignment') return
        return this.#expressions.expression(node)
    }
  }

  #exported(node: Node): void {
    if (node.type.endsWith('Declaration')) this.#statement(node, [])
    else this.#expressions.expression(node)
  }

  #variables(node: Node): void {
    if (node.declare) return
    for (const declarator of node.declarations) {
      if (declarator.init) this.#expressions.expression(declarator.init)
      else if (node.kind === 'var') continue
      this.#expressions.declarePattern(declarator.id, declarator.init ?? undefined)
    }
  }

  #if(node: Node): void {
    this.#expressions.expression(node.test)
    const after = this.#control.block()
    const before = this.#control.now
    this.#expressions.branch(before, after, node.test, true, () => this.#statement(node.consequent, []))
    this.#expressions.branch(
      before,
      after,
      node.test,
      false,
      () => node.alternate && this.#statement(node.alternate, []),
    )
    this.#control.resume(after)
  }

  #while(node: Node, labels: readonly string[]): void {
    const head = this.#control.block()
    const after = this.#control.block()
    this.#control.flow(head)
    this.#control.now = head
    this.#expressions.expression(node.test)
    this.#leaveLoop(node.test, after)
    this.#control.loop(labels, after, head, () => {
      this.#expressions.absent(node.test, true)
      this.#statement(node.body, [])
    })
    this.#control.flow(head)
    this.#control.resume(after)
  }

  #doWhile(node: Node, labels: readonly string[]): void {
    const head = this.#control.block()
    const test = this.#control.block()
    const after = this.#control.block()
    this.#control.flow(head)
    this.#control.now = head
    this.#control.loop(labels, after, test, () => this.#statement(node.body, []))
    this.#control.flow(test)
    this.#control.resume(test)
    if (this.#control.now !== undefined) {
      this.#expressions.expression(node.test)
      this.#control.flow(head)
      if (isTrue(node.test)) this.#control.now = undefined
    }
    this.#control.flow(after)
    this.#control.resume(after)
  }

  #for(node: Node, labels: readonly string[]): void {
    if (node.init?.type === 'VariableDeclaration') this.#variables(node.init)
    else if (node.init) this.#expressions.expression(node.init)
    const head = this.#control.block()
    const update = this.#control.block()
    const after = this.#control.block()
    this.#control.flow(head)
    this.#control.now = head
    if (node.test) {
      this.#expressions.expression(node.test)
      this.#leaveLoop(node.test, after)
    }
    this.#control.loop(labels, after, update, () => {
      if (node.test) this.#expressions.absent(node.test, true)
      this.#statement(node.body, [])
    })
    this.#control.flow(update)
    this.#control.resume(update)
    if (node.update && this.#control.now !== undefined) this.#expressions.expression(node.update)
    this.#control.flow(head)
    this.#control.resume(after)
  }

  #forEach(node: Node, labels: readonly string[]): void {
    this.#expressions.expression(node.right)
    this.#control.emit({ kind: 'loop', node })
    const head = this.#control.block()
    const after = this.#control.block()
    this.#control.flow(head)
    this.#control.now = head
    if (node.await) this.#control.emit({ kind: 'await', node })
    this.#control.flow(after)
    this.#control.loop(labels, after, head, () => {
      const declares = node.left.type === 'VariableDeclaration'
      const bindings = declares && node.left.kind.endsWith('using') ? this.#usingsOf(node.left) : []
      const turn = (): void => {
        if (declares)
          for (const declarator of node.left.declarations) this.#expressions.declarePattern(declarator.id, undefined)
        else this.#expressions.target(node.left, undefined)
        this.#statement(node.body, [])
      }
      if (bindings.length === 0) return turn()
      this.#control.within({ kind: 'using', node, bindings }, turn)
      for (const binding of bindings) this.#control.emit({ kind: 'release', node, binding })
    })
    this.#control.flow(head)
    this.#control.resume(after)
  }

  #switch(node: Node, labels: readonly string[]): void {
    this.#expressions.expression(node.discriminant)
    const after = this.#control.block()
    const bodies = node.cases.map(() => this.#control.block())
    this.#control.within({ kind: 'label', labels, out: after, breakable: true }, () => {
      for (const [at, { test }] of node.cases.entries()) {
        if (!test) continue
        this.#expressions.expression(test)
        this.#control.flow(bodies[at])
        this.#control.resume(this.#control.follow())
      }
      const otherwise = node.cases.findIndex(({ test }: Node) => !test)
      this.#control.flow(otherwise === -1 ? after : bodies[otherwise])
      for (const [at, { consequent }] of node.cases.entries()) {
        this.#control.flow(bodies[at])
        this.#control.resume(bodies[at])
        this.#statements(consequent)
      }
      this.#control.flow(after)
    })
    this.#control.resume(after)
  }

  #try(node: Node): void {
    const after = this.#control.block()
    const body = (): void => {
      if (!node.handler) return this.#list(node.block, node.block.body)
      const caught = this.#control.block()
      const joined = this.#control.block()
      this.#control.flow(caught)
      this.#control.within({ kind: 'catch', caught }, () => this.#list(node.block, node.block.body))
      this.#control.flow(joined)
      this.#control.now = caught
      if (node.handler.param) this.#expressions.declarePattern(node.handler.param, undefined)
      this.#list(node.handler.body, node.handler.body.body)
      this.#control.flow(joined)
      this.#control.resume(joined)
    }
    if (node.finalizer) this.#control.finally(node.finalizer, body)
    else body()
    this.#control.flow(after)
    this.#control.resume(after)
  }

  #leaveLoop(test: Node, after: Block): void {
    const before = this.#control.now
    if (isTrue(test)) return
    this.#expressions.branch(before, after, test, false, () => {})
    this.#control.now = before
  }
}

const isTrue = (test: Node): boolean => {
  const { type, value } = unwrap(test)
  return type === 'Literal' && (value === true || value === 1)
}
