/**
 * Name resolution of a file: one walk over the tree, then one step per reference, because functions may be used before
 * they are declared. The walk sets `parent` on every node.
 */
import {
  lookup,
  type Binding,
  type Kind,
  type Reference,
  type Scope,
  type Scopes,
  type FunctionWord,
} from '../syntax/scope.ts'
import { children, type Node } from '../syntax/syntax.ts'

const VALUE_WRAPPERS = new Set([
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'TSInstantiationExpression',
  'TSExportAssignment',
])

export function analyse(program: Node): Scopes {
  const references: Reference[] = []
  const specials: FunctionWord[] = []
  const calls: Scopes['calls'] = []
  const news: Scopes['news'] = []
  const usings: Node[] = []
  const module = newScope('module', program, undefined)

  function declare(scope: Scope, id: Node, kind: Kind, node: Node, declaration: Node = node): void {
    const known = scope.bindings.get(id.name)
    if (known !== undefined && known.node !== node && known.kind !== 'param') {
      if (kind === 'namespace') known.extended = true
      else if (kind === 'enum') known.more.push(node)
      else known.writes.push({ node: id, scope, write: true, binding: known })
      return
    }
    scope.bindings.set(id.name, {
      name: id.name,
      kind,
      scope,
      id,
      node,
      declaration,
      references: [],
      writes: [],
      exported: false,
      more: [],
      extended: false,
    })
  }

  function declarePattern(pattern: Node | null, scope: Scope, kind: Kind, node: Node, declaration: Node = node): void {
    if (pattern === null) return
    switch (pattern.type) {
      case 'Identifier':
        return declare(scope, pattern, kind, node, declaration)
      case 'TSParameterProperty':
        return declarePattern(pattern.parameter, scope, kind, node, declaration)
      case 'AssignmentPattern':
        return declarePattern(pattern.left, scope, kind, node, declaration)
      case 'RestElement':
        return declarePattern(pattern.argument, scope, kind, node, declaration)
      case 'ArrayPattern':
        for (const element of pattern.elements) declarePattern(element, scope, kind, node, declaration)
        return
      case 'ObjectPattern':
        for (const property of pattern.properties) {
          declarePattern(property.type === 'RestElement' ? property : property.value, scope, kind, node, declaration)
        }
    }
  }

  /** Visits the expressions inside a declaring pattern: defaults and computed keys. */
  function visitPattern(pattern: Node | null, parent: Node, scope: Scope, owner: Node | undefined): void {
    if (pattern === null) return
    pattern.parent = parent
    switch (pattern.type) {
      case 'TSParameterProperty':
        return visitPattern(pattern.parameter, pattern, scope, owner)
      case 'AssignmentPattern':
        visitPattern(pattern.left, pattern, scope, owner)
        return visit(pattern.right, pattern, scope, owner)
      case 'RestElement':
        return visitPattern(pattern.argument, pattern, scope, owner)
      case 'ArrayPattern':
        for (const element of pattern.elements) visitPattern(element, pattern, scope, owner)
        return
      case 'ObjectPattern':
        for (const property of pattern.properties) {
          if (property.type === 'RestElement') visitPattern(property, pattern, scope, owner)
          else {
            property.parent = pattern
            if (property.computed) visit(property.key, property, scope, owner)
            visitPattern(property.value, property, scope, owner)
          }
        }
    }
  }

  /** Visits the target of an assignment. */
  function visitTarget(target: Node | null, parent: Node, scope: Scope, owner: Node | undefined): void {
    if (target === null) return
    target.parent = parent
    switch (target.type) {
      case 'Identifier':
        references.push({ node: target, scope, write: true, binding: undefined })
        return
      case 'AssignmentPattern':
        visitTarget(target.left, target, scope, owner)
        return visit(target.right, target, scope, owner)
      case 'RestElement':
        return visitTarget(target.argument, target, scope, owner)
      case 'ArrayPattern':
        for (const element of target.elements) visitTarget(element, target, scope, owner)
        return
      case 'ObjectPattern':
        for (const property of target.properties) {
          if (property.type === 'RestElement') visitTarget(property, target, scope, owner)
          else {
            property.parent = target
            if (property.computed) visit(property.key, property, scope, owner)
            visitTarget(property.value, property, scope, owner)
          }
        }
        return
      case 'ParenthesizedExpression':
      case 'TSAsExpression':
      case 'TSNonNullExpression':
      case 'TSSatisfiesExpression':
        return visitTarget(target.expression, target, scope, owner)
      default:
        visit(target, parent, scope, owner)
    }
  }

  function visitFunction(node: Node, outer: Scope, owner: Node | undefined): void {
    const scope = newScope('function', node, outer)
    const self = node.type === 'ArrowFunctionExpression' ? owner : node
    if (node.type === 'FunctionExpression' && node.id) declare(scope, node.id, 'function', node)
    for (const param of node.params) {
      for (const decorator of param.decorators ?? []) visit(decorator, param, outer, owner)
      if (param.type === 'Identifier' && param.name === 'this') continue
      const own = scope.bindings.get(param.name)
      if (own?.node === node) scope.bindings.delete(param.name)
      declarePattern(param, scope, 'param', param)
      visitPattern(param, node, scope, self)
    }
    if (node.body.type !== 'BlockStatement') return visit(node.body, node, scope, self)
    node.body.parent = node
    for (const statement of node.body.body) visit(statement, node.body, scope, self)
  }

  function visitClass(node: Node, outer: Scope, owner: Node | undefined): void {
    const scope = newScope('block', node, outer)
    if (node.type === 'ClassExpression' && node.id) declare(scope, node.id, 'class', node)
    for (const decorator of node.decorators) visit(decorator, node, outer, owner)
    if (node.superClass) visit(node.superClass, node, scope, owner)
    node.body.parent = node
    for (const member of node.body.body) {
      member.parent = node.body
      for (const decorator of member.decorators ?? []) visit(decorator, member, outer, owner)
      if (member.type.startsWith('TS')) continue
      if (member.type === 'StaticBlock') {
        const block = newScope('function', member, scope)
        for (const statement of member.body) visit(statement, member, block, member)
        continue
      }
      if (member.computed) visit(member.key, member, scope, owner)
      if (member.value) visit(member.value, member, scope, member)
    }
  }

  function visit(node: Node, parent: Node | undefined, scope: Scope, owner: Node | undefined): void {
    if (parent !== undefined) node.parent = parent
    const each = (child: Node): void => visit(child, node, scope, owner)
    switch (node.type) {
      case 'Identifier':
        references.push({ node, scope, write: false, binding: undefined })
        if (node.name === 'arguments') specials.push({ word: 'arguments', node, owner })
        return
      case 'MemberExpression':
        each(node.object)
        if (node.computed) each(node.property)
        return
      case 'CallExpression':
        calls.push({ node, scope })
        return children(node, each)
      case 'NewExpression':
        news.push({ node, scope })
        return children(node, each)
      case 'Property':
        if (node.computed) each(node.key)
        return each(node.value)
      case 'ThisExpression':
        specials.push({ word: 'this', node, owner })
        return
      case 'Super':
        specials.push({ word: 'super', node, owner })
        return
      case 'MetaProperty':
        if (node.meta.name === 'new') specials.push({ word: 'new.target', node, owner })
        return
      case 'VariableDeclaration': {
        if (node.declare) return
        const kind: Kind = node.kind === 'await using' ? 'using' : node.kind
        if (kind === 'using') usings.push(node)
        const home = kind === 'var' ? functionScope(scope) : scope
        for (const declarator of node.declarations) {
          declarator.parent = node
          declarePattern(declarator.id, home, kind, declarator, node)
          visitPattern(declarator.id, declarator, scope, owner)
          if (declarator.init) visit(declarator.init, declarator, scope, owner)
        }
        return
      }
      case 'FunctionDeclaration':
        if (node.declare) return
        if (node.id) declare(scope, node.id, 'function', node)
        return visitFunction(node, scope, owner)
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        return visitFunction(node, scope, owner)
      case 'ClassDeclaration':
        if (node.declare) return
        if (node.id) declare(scope, node.id, 'class', node)
        return visitClass(node, scope, owner)
      case 'ClassExpression':
        return visitClass(node, scope, owner)
      case 'BlockStatement':
      case 'SwitchStatement':
        return children(node, inBlock(node, scope, owner))
      case 'ForStatement':
        return children(node, inBlock(node, scope, owner))
      case 'ForInStatement':
      case 'ForOfStatement': {
        const block = newScope('block', node, scope)
        if (node.left.type === 'VariableDeclaration') visit(node.left, node, block, owner)
        else visitTarget(node.left, node, block, owner)
        visit(node.right, node, block, owner)
        return visit(node.body, node, block, owner)
      }
      case 'CatchClause': {
        const block = newScope('block', node, scope)
        declarePattern(node.param, block, 'catch', node)
        visitPattern(node.param, node, block, owner)
        return visit(node.body, node, block, owner)
      }
      case 'AssignmentExpression':
        visitTarget(node.left, node, scope, owner)
        return each(node.right)
      case 'UpdateExpression':
        return visitTarget(node.argument, node, scope, owner)
      case 'LabeledStatement':
        return each(node.body)
      case 'BreakStatement':
      case 'ContinueStatement':
        return
      case 'ImportDeclaration':
        if (node.importKind === 'type') return
        for (const specifier of node.specifiers) {
          if (specifier.importKind !== 'type') declare(module, specifier.local, 'import', specifier, node)
        }
        return
      case 'ExportNamedDeclaration':
        if (node.exportKind === 'type') return
        if (node.declaration) return each(node.declaration)
        if (node.source) return
        for (const specifier of node.specifiers)
          if (specifier.exportKind !== 'type') visit(specifier, node, scope, owner)
        return
      case 'ExportSpecifier':
        return each(node.local)
      case 'ExportAllDeclaration':
        return
      case 'JSXOpeningElement':
        visitTagName(node.name, node, scope, owner)
        return node.attributes.forEach(each)
      case 'JSXClosingElement':
        return
      case 'JSXAttribute':
        return node.value ? each(node.value) : undefined
      case 'TSEnumDeclaration': {
        if (node.declare) return
        declare(scope, node.id, 'enum', node)
        const inside = newScope('function', node, scope)
        for (const member of node.body.members) {
          if (member.id.type === 'Identifier') declare(inside, member.id, 'member', member)
          if (member.initializer) visit(member.initializer, member, inside, owner)
        }
        return
      }
      case 'TSModuleDeclaration': {
        if (node.declare || node.id.type !== 'Identifier' || !node.body) return
        declare(scope, node.id, 'namespace', node)
        const inside = newScope('function', node, scope)
        for (const statement of node.body.body) visit(statement, node, inside, node)
        return
      }
      case 'TSImportEqualsDeclaration':
        if (node.importKind !== 'type') declare(scope, node.id, 'namespace', node)
        return
      default:
        if (node.type.startsWith('TS') && !VALUE_WRAPPERS.has(node.type)) return
        return children(node, each)
    }
  }

  function visitTagName(name: Node, parent: Node, scope: Scope, owner: Node | undefined): void {
    while (name.type === 'JSXMemberExpression') name = name.object
    if (name.type !== 'JSXIdentifier') return
    if (name.name === 'this') specials.push({ word: 'this', node: name, owner })
    else if (/^[a-z]/.test(name.name) && parent.name === name) return
    else references.push({ node: name, scope, write: false, binding: undefined })
    name.parent = parent
  }

  function inBlock(node: Node, outer: Scope, owner: Node | undefined): (child: Node) => void {
    const block = newScope('block', node, outer)
    return child => visit(child, node, block, owner)
  }

  for (const statement of program.body) visit(statement, program, module, undefined)

  references.sort((a, b) => a.node.start - b.node.start)
  const bindings = new Map<Node, Binding>()
  for (const reference of references) {
    const binding = lookup(reference.scope, reference.node.name)
    if (binding === undefined) continue
    reference.binding = binding
    bindings.set(reference.node, binding)
    binding.references.push(reference)
    if (reference.write) binding.writes.push(reference)
  }
  markExports(program, module)
  return {
    module,
    references,
    calls,
    news,
    usings,
    bindingOf: identifier => bindings.get(identifier),
    specials: specials
      .filter(({ word, node }) => word !== 'arguments' || !bindings.has(node))
      .sort((a, b) => a.node.start - b.node.start),
  }
}

function newScope(kind: Scope['kind'], node: Node, parent: Scope | undefined): Scope {
  return { kind, node, parent, bindings: new Map() }
}

function functionScope(scope: Scope): Scope {
  while (scope.kind === 'block') scope = scope.parent!
  return scope
}

function markExports(program: Node, module: Scope): void {
  const exported = new Set<Node>(program.body.map(({ declaration }: Node) => declaration))
  for (const binding of module.bindings.values()) if (exported.has(binding.declaration)) binding.exported = true
  for (const statement of program.body) {
    if (!statement.type.startsWith('Export')) continue
    for (const specifier of statement.source ? [] : (statement.specifiers ?? [])) {
      const binding = module.bindings.get(specifier.local.name)
      if (binding !== undefined) binding.exported = true
    }
  }
}
