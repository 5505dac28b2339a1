/**
 * The sources of the packages, with their names resolved across files: which function a call refers to, and which calls
 * a function has.
 */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { analyse } from '../../packages/compiler/src/analysis/names.ts'
import { Lines } from '../../packages/compiler/src/syntax/lines.ts'
import type { Binding, Scopes } from '../../packages/compiler/src/syntax/scope.ts'
import { memberName, parse, unwrap, type Node } from '../../packages/compiler/src/syntax/syntax.ts'
import { root } from '../runtimes.ts'

const SOURCES = ['packages/*/src/**/*.ts', 'packages/fearless/bin/*.js']
const LEFT_OUT = /\.(?:test|fixture|bench|model|generated|wasm)\.ts$/

export interface SourceFile {
  /** Relative to the repository. */
  readonly path: string
  readonly program: Node
  readonly text: string
  readonly lines: Lines
  readonly scopes: Scopes
}

/** A node and its file. */
export interface Place {
  readonly file: SourceFile
  readonly node: Node
}

/** A package's entry, as the other packages name it. */
const ENTRIES: Readonly<Record<string, string>> = {
  '@fearless/compiler/analysis': 'packages/compiler/src/analysis.ts',
}

/** Methods of JavaScript's own objects: a call of one is seldom a call of ours with the same name. */
const BUILT_IN = new Set([
  ...[Array, String, Map, Set, Promise].flatMap(({ prototype }) => Object.getOwnPropertyNames(prototype)),
  'write',
])

export class Sources {
  readonly files: readonly SourceFile[]
  readonly #byPath: ReadonlyMap<string, SourceFile>
  /** The calls of each function and class, by its node. */
  readonly #calls = new Map<Node, Place[]>()
  /** The objects with each property. */
  readonly #objects = new Map<string, Place[]>()
  /** The methods of classes and of objects, by name. */
  readonly #methods = new Map<string, Place[]>()

  constructor() {
    this.files = globSync(SOURCES, { cwd: root })
      .filter(path => !LEFT_OUT.test(path))
      .sort()
      .map(read)
    this.#byPath = new Map(this.files.map(file => [file.path, file]))
    for (const file of this.files) walk(file.program, node => this.#addMember({ file, node }))
    for (const file of this.files)
      for (const { node } of [...file.scopes.calls, ...file.scopes.news])
        for (const { node: callee } of this.calleesOf(file, node)) push(this.#calls, callee, { file, node })
  }

  callsOf(fn: Node): readonly Place[] {
    return this.#calls.get(fn) ?? []
  }

  /** Returns the functions that a call may run: several for a method of the file that several of its classes have. */
  calleesOf(file: SourceFile, call: Node): readonly Place[] {
    const callee = unwrap(call.callee)
    if (callee.type === 'Identifier') {
      const found = this.declarationOf(file, callee)
      const fn = found && functionOf(found.binding)
      return fn ? [{ file: found.file, node: fn }] : []
    }
    if (callee.type !== 'MemberExpression') return []
    const name = callee.property.type === 'PrivateIdentifier' ? `#${callee.property.name}` : memberName(callee)
    if (name === undefined || BUILT_IN.has(name)) return []
    const methods = this.#methods.get(name) ?? []
    const own = methods.filter(each => each.file === file)
    if (name.startsWith('#') || callee.object.type === 'ThisExpression') return own
    return methods.length === 1 ? methods : []
  }

  /** Returns the binding of a name, through imports. */
  declarationOf(file: SourceFile, identifier: Node): { file: SourceFile; binding: Binding } | undefined {
    const binding = file.scopes.bindingOf(identifier)
    if (binding?.kind !== 'import') return binding && { file, binding }
    const { node, declaration } = binding
    if (node.type !== 'ImportSpecifier') return undefined
    return this.#exported(file, declaration.source.value, node.imported.name)
  }

  #exported(from: SourceFile, specifier: string, name: string): { file: SourceFile; binding: Binding } | undefined {
    const path = specifier.startsWith('.') ? join(dirname(from.path), specifier) : ENTRIES[specifier]
    const file = path === undefined ? undefined : this.#byPath.get(path)
    if (file === undefined) return undefined
    const own = file.scopes.module.bindings.get(name)
    if (own !== undefined && own.kind !== 'import') return { file, binding: own }
    for (const statement of file.program.body as Node[]) {
      if (statement.type !== 'ExportNamedDeclaration' || !statement.source) continue
      for (const { local, exported } of statement.specifiers as Node[])
        if (exported.name === name) return this.#exported(file, statement.source.value, local.name)
    }
    return undefined
  }

  /** Returns the object literals that have all these properties. */
  objectsWith([first, ...keys]: readonly string[]): readonly Place[] {
    return (this.#objects.get(first) ?? []).filter(({ node }) => keys.every(key => propertyOf(node, key) !== undefined))
  }

  #addMember({ file, node }: Place): void {
    if (node.computed || !/^(?:MethodDefinition|Property|PropertyDefinition)$/.test(node.type)) return
    const name = node.key.type === 'PrivateIdentifier' ? `#${node.key.name}` : (node.key.name as string | undefined)
    if (name === undefined) return
    if (node.parent?.type === 'ObjectExpression') push(this.#objects, name, { file, node: node.parent })
    if (node.value && isFunction(node.value)) push(this.#methods, name, { file, node: node.value })
  }
}

function read(path: string): SourceFile {
  const source = readFileSync(join(root, path), 'utf8').replace(/^#!.*/, '')
  const parsed = parse(path, source)
  if (parsed === undefined) throw new Error(`${path} has a syntax error`)
  return {
    path,
    program: parsed.program,
    text: parsed.text,
    lines: new Lines(parsed.text),
    scopes: analyse(parsed.program),
  }
}

/** Returns the function or class that a binding names. */
function functionOf({ kind, node, id }: Binding): Node | undefined {
  if (kind === 'function') return node
  if (kind === 'class') return constructorOf(node)
  if (kind !== 'const' || node.type !== 'VariableDeclarator' || node.id !== id || !node.init) return undefined
  const init = unwrap(node.init)
  return isFunction(init) ? init : undefined
}

const constructorOf = (node: Node): Node | undefined =>
  node.body.body.find((member: Node) => member.kind === 'constructor')?.value

export const isFunction = ({ type }: Node): boolean =>
  type === 'FunctionDeclaration' || type === 'FunctionExpression' || type === 'ArrowFunctionExpression'

/** Returns the innermost function that contains a node. */
export function functionAround(node: Node): Node | undefined {
  let at = node.parent
  while (at !== undefined && !isFunction(at)) at = at.parent
  return at
}

export function isWithin(node: Node, outer: Node): boolean {
  let at: Node | undefined = node
  while (at !== undefined && at !== outer) at = at.parent
  return at !== undefined
}

/** Returns the value of an object's property. */
export function propertyOf(object: Node, name: string | undefined): Node | undefined {
  if (object.type !== 'ObjectExpression' || name === undefined) return undefined
  return object.properties.find(
    ({ type, key, computed }: Node) => type === 'Property' && !computed && (key.name ?? key.value) === name,
  )?.value
}

/** Calls `visit` with each node of a tree, types included. */
export function walk(node: Node, visit: (node: Node) => void): void {
  visit(node)
  for (const [key, value] of Object.entries(node)) {
    if (key === 'parent') continue
    for (const child of Array.isArray(value) ? value : [value])
      if (typeof child === 'object' && child !== null && typeof (child as Node).type === 'string')
        walk(child as Node, visit)
  }
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const known = map.get(key)
  if (known === undefined) map.set(key, [value])
  else known.push(value)
}
