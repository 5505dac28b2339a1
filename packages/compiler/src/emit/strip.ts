/**
 * Removes types by writing spaces over them, so that the remaining code keeps its lines and columns.
 *
 * It works on the tree that is parsed anyway, so the result is the same on Node, Bun and Deno, without a second parser.
 * Blanks have two hazards:
 *
 * - A removed statement or type may have ended the statement before a line that opens with `(`, `[` and the like. Then
 *   a `;` replaces its first character.
 * - A line break must not be between `)` and `=>`. Then the `)` moves behind the return type.
 */
import type { Edits } from '../syntax/edits.ts'
import { lowerEnum, lowerNamespace, lowerParameterProperties } from './lower.ts'
import type { Scopes } from '../syntax/scope.ts'
import { children, type Node } from '../syntax/syntax.ts'

/**
 * Returns false if the file contains TypeScript without an equivalent in a JavaScript module (`export =`, `import x =
 * require()`).
 */
export function stripTypes(source: string, program: Node, edits: Edits): boolean {
  let expressible = true
  // The end of the current statement. A type that ends there may have ended the statement.
  let statementEnd = -1
  const exportedEnums = new Set<string>()

  function erase(start: number, end: number): void {
    edits.blank(source, start, end, end === statementEnd && opensHazard(source, end) ? ';' : '')
  }

  function eraseStatement(node: Node): void {
    edits.blank(source, node.start, node.end, opensHazard(source, node.end) ? ';' : '')
  }

  function walk(node: Node): void {
    switch (node.type) {
      case 'TSTypeAnnotation':
      case 'TSTypeParameterDeclaration':
      case 'TSTypeParameterInstantiation':
        return erase(node.start, node.end)
      case 'TSInterfaceDeclaration':
      case 'TSTypeAliasDeclaration':
      case 'TSDeclareFunction':
      case 'TSNamespaceExportDeclaration':
        return eraseStatement(node)
      case 'TSExportAssignment':
        expressible = false
        return
      case 'TSImportEqualsDeclaration':
        if (node.importKind === 'type') return eraseStatement(node)
        expressible = false
        return
      case 'TSModuleDeclaration':
        if (node.declare || !hasValues(node)) return eraseStatement(node)
        if (!lowerNamespace(source, node, edits)) {
          expressible = false
          return
        }
        return children(node.body, walkStatement)
      case 'TSEnumDeclaration':
        if (node.declare) return eraseStatement(node)
        lowerEnum(source, node, edits)
        return children(node.body, walk)
      case 'ImportDeclaration':
      case 'ExportNamedDeclaration':
        if (node.importKind === 'type' || node.exportKind === 'type') return eraseStatement(node)
        if (node.declaration) {
          const { declaration } = node
          if (isErased(declaration)) return eraseStatement(node)
          if (declaration.type === 'TSEnumDeclaration') {
            // Only the first of two merged enums may have the `export`.
            if (exportedEnums.has(declaration.id.name)) edits.blank(source, node.start, declaration.start)
            exportedEnums.add(declaration.id.name)
          }
          return walkStatement(declaration)
        }
        return eraseTypeSpecifiers(node)
      case 'ExportAllDeclaration':
        return node.exportKind === 'type' ? eraseStatement(node) : undefined
      case 'ExportDefaultDeclaration':
        return isErased(node.declaration) ? eraseStatement(node) : walk(node.declaration)
      case 'VariableDeclaration':
        return node.declare ? eraseStatement(node) : children(node, walk)
      case 'Identifier':
        if (node.typeAnnotation || node.optional) erase(node.start + node.name.length, node.end)
        return
      case 'TSAsExpression':
      case 'TSSatisfiesExpression':
      case 'TSNonNullExpression':
        walk(node.expression)
        return erase(node.expression.end, node.end)
      case 'TSTypeAssertion':
        edits.blank(source, node.start, node.expression.start)
        return walk(node.expression)
      case 'ClassDeclaration':
      case 'ClassExpression':
        return node.declare ? eraseStatement(node) : walkClass(node)
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        return walkFunction(node)
      case 'ArrayPattern':
      case 'ObjectPattern':
        if (node.optional) eraseWord(source.lastIndexOf('?', node.typeAnnotation?.start ?? node.end), 1)
        return children(node, walk)
      default:
        if (node.type.endsWith('Statement')) return walkStatement(node)
        return children(node, walk)
    }
  }

  function walkStatement(node: Node): void {
    const outer = statementEnd
    if (node.type === 'ExpressionStatement' || node.type === 'VariableDeclaration' || node.type === 'ReturnStatement') {
      statementEnd = node.end
    }
    if (node.type.endsWith('Statement')) children(node, walkStatement)
    else walk(node)
    statementEnd = outer
  }

  function walkFunction(node: Node): void {
    const [first] = node.params
    if (first?.type === 'Identifier' && first.name === 'this') {
      const comma = /^(?:\s|\/\*[^]*?\*\/|\/\/.*)*,/.exec(source.slice(first.end, first.end + 500))
      edits.blank(source, first.start, first.end + (comma?.[0].length ?? 0))
    }
    for (const param of node.params) {
      if (param === first && param.name === 'this') continue
      if (param.type === 'TSParameterProperty') {
        for (const decorator of param.decorators ?? []) walk(decorator)
        eraseModifiers(param.decorators?.at(-1)?.end ?? param.start, param.parameter.start)
        walk(param.parameter)
      } else walk(param)
    }
    if (node.typeParameters) walk(node.typeParameters)
    if (node.returnType) {
      const { start, end } = node.returnType
      const close = start - 1 - /\s*$/.exec(source.slice(Math.max(0, start - 200), start))![0].length
      if (node.type === 'ArrowFunctionExpression' && /[\r\n]/.test(source.slice(close, end)) && source[close] === ')') {
        edits.replace(close, close + 1, ' ')
        edits.blank(source, start, end - 1)
        edits.replace(end - 1, end, ')')
      } else erase(start, end)
    }
    walk(node.body)
  }

  function walkClass(node: Node): void {
    for (const decorator of node.decorators) walk(decorator)
    if (node.abstract) eraseModifiers(node.decorators.at(-1)?.end ?? node.start, node.id?.start ?? node.body.start)
    if (node.typeParameters) walk(node.typeParameters)
    if (node.superClass) walk(node.superClass)
    if (node.superTypeArguments) walk(node.superTypeArguments)
    if (node.implements.length > 0) {
      edits.blank(source, source.lastIndexOf('implements', node.implements[0].start), node.implements.at(-1).end)
    }
    for (const member of node.body.body) walkMember(member)
    lowerParameterProperties(source, node, edits)
  }

  function walkMember(member: Node): void {
    if (member.type.startsWith('TS') || member.declare || member.value?.type === 'TSEmptyBodyFunctionExpression') {
      return edits.blank(source, member.start, member.end, ';')
    }
    if (member.type === 'StaticBlock') return children(member, walkStatement)
    for (const decorator of member.decorators) walk(decorator)
    eraseModifiers(
      member.decorators.at(-1)?.end ?? member.start,
      member.key.start,
      member.computed || member.value?.generator,
    )
    if (member.computed) walk(member.key)
    // `name?`, `name!`, `[name]?`: the mark is behind the name.
    if (member.optional || member.definite) {
      const mark = /^(?:\s|\/\*[^]*?\*\/|\])*[?!]/.exec(source.slice(member.key.end, member.key.end + 500))
      if (mark) eraseWord(member.key.end + mark[0].length - 1, 1)
    }
    if (member.typeAnnotation) {
      // A field named `get` would otherwise be parsed as a modifier of the next line.
      const ends = member.typeAnnotation.end === member.end
      edits.blank(source, member.typeAnnotation.start, member.typeAnnotation.end, ends ? ';' : '')
    }
    if (!member.value) return
    const outer = statementEnd
    statementEnd = member.end
    walk(member.value)
    statementEnd = outer
  }

  function eraseWord(start: number, length: number): void {
    edits.blank(source, start, start + length)
  }

  /** Erases modifiers. With `semicolon`, the member without its modifier would continue the previous member. */
  function eraseModifiers(start: number, end: number, semicolon = false): void {
    const words = /\/\*[^]*?\*\/|\/\/.*|\b(?:public|private|protected|readonly|override|declare|abstract)\b/g
    const text = source.slice(start, end)
    for (const { 0: word, index } of text.matchAll(words)) {
      if (word.startsWith('/')) continue
      const opens = semicolon && text.slice(0, index).trim() === ''
      edits.blank(source, start + index, start + index + word.length, opens ? ';' : '')
      semicolon = false
    }
  }

  function eraseTypeSpecifiers(node: Node): void {
    for (const specifier of node.specifiers) {
      if (specifier.importKind !== 'type' && specifier.exportKind !== 'type') continue
      eraseSpecifier(source, specifier, edits)
    }
  }

  for (const statement of program.body) walkStatement(statement)
  return expressible
}

/**
 * Removes the names of imports that no expression uses, because they may be types: `import { Shape } from './shape.ts'`.
 * The module is still evaluated. JSX may use a name without mentioning it, so a `.tsx` file keeps its names.
 */
export function eraseUnusedSpecifiers(source: string, scopes: Scopes, edits: Edits): void {
  for (const { node, declaration, references, exported } of scopes.module.bindings.values()) {
    if (node.type !== 'ImportSpecifier' || references.length > 0 || exported) continue
    if (node.importKind === 'type' || declaration.importKind === 'type') continue
    eraseSpecifier(source, node, edits)
  }
}

function eraseSpecifier(source: string, specifier: Node, edits: Edits): void {
  const comma = /^\s*,/.exec(source.slice(specifier.end, specifier.end + 500))
  edits.blank(source, specifier.start, specifier.end + (comma?.[0].length ?? 0))
}

/** Returns true if the next token would continue the statement that ends here. */
function opensHazard(source: string, end: number): boolean {
  const next = /^(?:\s|\/\/.*|\/\*[^]*?\*\/)*([^\s])/.exec(source.slice(end, end + 500))
  return next !== null && '([`+-*/,.<'.includes(next[1])
}

function isErased(node: Node): boolean {
  return (
    node.declare === true ||
    node.type === 'TSInterfaceDeclaration' ||
    node.type === 'TSTypeAliasDeclaration' ||
    node.type === 'TSDeclareFunction' ||
    (node.type === 'TSModuleDeclaration' && !hasValues(node))
  )
}

/** A namespace with only types is erased. */
function hasValues(namespace: Node): boolean {
  return namespace.body?.type === 'TSModuleDeclaration'
    ? hasValues(namespace.body)
    : (namespace.body?.body ?? []).some(
        (statement: Node) =>
          !isErased(statement.declaration ?? statement) &&
          statement.exportKind !== 'type' &&
          statement.importKind !== 'type',
      )
}

/** Returns true if the file has decorators, which no runtime without a loader understands. */
export function hasDecorators(source: string, program: Node): boolean {
  return /@[\w$([]/.test(source) && isDecorated(program)
}

function isDecorated(node: Node): boolean {
  if (Array.isArray(node.decorators) && node.decorators.length > 0) return true
  let found = false
  children(node, child => {
    found ||= isDecorated(child)
  })
  return found
}

/**
 * Returns true if the file has TypeScript that Node's own type stripping refuses, so that the hook must load the file.
 */
export function lowersAnything(node: Node): boolean {
  if (node.type === 'TSEnumDeclaration' || node.type === 'TSModuleDeclaration') return !node.declare
  if (node.type === 'TSParameterProperty') return true
  let found = false
  children(node, child => {
    found ||= lowersAnything(child)
  })
  return found
}
