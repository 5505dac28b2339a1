/**
 * The texts that an expression may have at run time, as templates: text, holes for the program's values, and choices
 * between texts.
 *
 * A text may depend on a parameter, or on a destructured object. Its templates are then those for each call of the
 * function, or for each object of the package with these properties. So the parameters of one call stay together.
 */
import type { Binding } from '../../packages/compiler/src/syntax/scope.ts'
import { memberName, unwrap, type Node } from '../../packages/compiler/src/syntax/syntax.ts'
import {
  functionAround,
  isFunction,
  isWithin,
  propertyOf,
  walk,
  type Place,
  type SourceFile,
  type Sources,
} from './program.ts'

/** A value that only the running program knows. */
export interface Hole {
  /** The name of the value. */
  readonly hole: string
  /** Its expression in the source. */
  readonly source: string
}

/** One of several texts. */
interface Choice {
  readonly choice: readonly Template[]
}

type Part = string | Hole | Choice
export type Template = readonly Part[]

/**
 * The call through which a function was entered, or the object that a pattern takes apart; undefined if none is known.
 */
type Origins = ReadonlyMap<Node, Place | undefined>

/** Thrown where a text depends on a function's call, or on a pattern's object, that is not chosen yet. */
class NeedsOrigin extends Error {
  readonly of: Node
  readonly candidates: readonly Place[]
  constructor(of: Node, candidates: readonly Place[]) {
    super('the text depends on its origin')
    this.of = of
    this.candidates = candidates
  }
}

/** The number of names and calls that a text is followed through. */
const DEPTH = 12
/** Calls that show their argument or their object. */
const SHOWING_CALLS = new Set('describe String stringify truncate show pathOf loadText'.split(' '))
const SHOWING_METHODS = new Set('join toLocaleString toFixed padEnd trimEnd at'.split(' '))
/** Functions whose texts show a value of the program, and are no messages. */
const OPAQUE = new Set('describe classOf truncate pathOf locationIn locationOfLock'.split(' '))

export class Texts {
  /** The literals that are part of a text. */
  readonly read = new Set<Node>()
  readonly #sources: Sources

  constructor(sources: Sources) {
    this.#sources = sources
  }

  /** Returns each text of an expression; undefined if it has none of ours. */
  textsOf(place: Place): Template[] | undefined {
    const found: Template[] = []
    const open: Origins[] = [new Map()]
    for (let origins = open.pop(); origins !== undefined; origins = open.pop()) {
      try {
        found.push(...(this.#resolve(place, origins, 0) ?? []))
      } catch (error) {
        if (!(error instanceof NeedsOrigin)) throw error
        const { of, candidates } = error
        for (const each of candidates.length === 0 ? [undefined] : candidates)
          open.push(new Map([...origins, [of, each]]))
      }
    }
    const own = unique(found.filter(template => template.some(part => typeof part === 'string' || 'choice' in part)))
    return own.length === 0 ? undefined : own
  }

  #resolve({ file, node: wrapped }: Place, origins: Origins, depth: number): Template[] | undefined {
    const node = unwrap(wrapped)
    if (depth > DEPTH) return undefined
    const places = (...nodes: Node[]): Place[] => nodes.map(inner => ({ file, node: inner }))
    switch (node.type) {
      case 'Literal':
        if (typeof node.value !== 'string') return undefined
        this.read.add(node)
        return [[node.value]]
      case 'TemplateLiteral':
        this.read.add(node)
        return [this.#ofTemplate({ file, node }, origins, depth)]
      case 'BinaryExpression':
        return node.operator === '+' ? this.#ofSum(places(node.left, node.right), origins, depth) : undefined
      case 'ConditionalExpression':
        return this.#anyOf(places(node.consequent, node.alternate), origins, depth)
      case 'LogicalExpression':
        return this.#anyOf(places(node.left, node.right), origins, depth)
      case 'Identifier':
        return this.#ofName({ file, node }, origins, depth)
      case 'MemberExpression':
        return this.#ofMember({ file, node }, origins, depth)
      case 'CallExpression':
        return this.#ofCall({ file, node }, origins, depth)
      default:
        return undefined
    }
  }

  #ofTemplate({ file, node }: Place, origins: Origins, depth: number): Template {
    const parts = (node.quasis as Node[]).flatMap((quasi, i): Part[] => {
      const inner: Node | undefined = node.expressions[i]
      const text: string = quasi.value.cooked
      return inner === undefined ? [text] : [text, ...this.#inner({ file, node: inner }, origins, depth)]
    })
    return joined(parts)
  }

  /** Returns the text of a `+`; undefined for a sum of numbers. */
  #ofSum(sides: readonly Place[], origins: Origins, depth: number): Template[] | undefined {
    const parts = sides.flatMap(side => this.#inner(side, origins, depth))
    return parts.every(part => typeof part === 'object' && 'hole' in part) ? undefined : [joined(parts)]
  }

  /** Returns a part of a longer text. Alternatives without words of ours are one hole. */
  #inner(place: Place, origins: Origins, depth: number): Template {
    const { type } = unwrap(place.node)
    const all = this.#resolve(place, origins, depth + 1)
    if (all === undefined) return [holeOf(place)]
    if (all.length === 1) return isOneWord(all[0]) && type === 'Identifier' ? [holeOf(place)] : all[0]
    const isText = all.some(each => each.some(part => typeof part === 'string' && part.trim() !== ''))
    return isText && (type === 'ConditionalExpression' || !all.every(isOneWord)) ? [{ choice: all }] : [holeOf(place)]
  }

  /** Returns the texts of several expressions, with a hole for one that has none; undefined if none has. */
  #anyOf(places: readonly Place[], origins: Origins, depth: number): Template[] | undefined {
    const all = places.map(place => this.#resolve(place, origins, depth + 1))
    if (all.every(each => each === undefined)) return undefined
    return unique(all.flatMap((each, i) => each ?? [[holeOf(places[i])]]))
  }

  #ofName({ file, node: name }: Place, origins: Origins, depth: number): Template[] | undefined {
    const found = this.#sources.declarationOf(file, name)
    if (found === undefined) return undefined
    const { binding } = found
    if (binding.kind === 'param') return this.#ofParameter(found.file, binding, origins, depth)
    const { node: declarator } = binding
    if (declarator.type !== 'VariableDeclarator') return undefined
    if (declarator.id.type === 'ArrayPattern') return this.#ofTuple(found.file, binding, origins, depth)
    if (declarator.id !== binding.id) return this.#ofPattern(declarator.id, binding.id, origins, depth)
    const assigned = binding.writes.flatMap(({ node: { parent } }): Node[] =>
      parent?.type === 'AssignmentExpression' && parent.operator === '=' ? [parent.right] : [],
    )
    const values = [...(declarator.init ? [declarator.init as Node] : []), ...assigned]
    return this.#anyOf(
      values.map(node => ({ file: found.file, node })),
      origins,
      depth,
    )
  }

  #ofParameter(
    file: SourceFile,
    { id, node, scope }: Binding,
    origins: Origins,
    depth: number,
  ): Template[] | undefined {
    const fn = scope.node
    if (!origins.has(fn)) {
      const calls = this.#sources.callsOf(fn).filter(call => !isWithin(call.node, fn))
      throw new NeedsOrigin(fn, calls)
    }
    const call = origins.get(fn)
    const pattern: Node = node.type === 'TSParameterProperty' ? node.parameter : node
    const argument: Node | undefined = call?.node.arguments[fn.params.indexOf(node)]
    if (argument === undefined) {
      if (pattern.type === 'AssignmentPattern') return this.#resolve({ file, node: pattern.right }, origins, depth + 1)
      return pattern.type === 'ObjectPattern' ? this.#ofPattern(pattern, id, origins, depth) : undefined
    }
    const name = pattern.type === 'AssignmentPattern' ? pattern.left : pattern
    if (name === id) return this.#resolve({ file: call!.file, node: argument }, origins, depth + 1)
    const object = unwrap(argument)
    if (name.type !== 'ObjectPattern' || object.type !== 'ObjectExpression')
      return name.type === 'ObjectPattern' ? this.#ofPattern(name, id, origins, depth) : undefined
    const value = propertyOf(object, keyOf(name, id))
    return value && this.#resolve({ file: call!.file, node: value }, origins, depth + 1)
  }

  /** Returns the texts of a name in a pattern of a tuple that a function returns. */
  #ofTuple(file: SourceFile, { id, node }: Binding, origins: Origins, depth: number): Template[] | undefined {
    const { id: pattern, init } = node
    const [fn] = init?.type === 'CallExpression' ? this.#sources.calleesOf(file, init) : []
    if (fn === undefined) return undefined
    if (!origins.has(pattern)) {
      const tuples = returnsOf(fn.node)
        .map(unwrap)
        .filter(({ type }) => type === 'ArrayExpression')
      throw new NeedsOrigin(
        pattern,
        tuples.map(tuple => ({ file: fn.file, node: tuple })),
      )
    }
    const tuple = origins.get(pattern)
    const value: Node | undefined = tuple?.node.elements[pattern.elements.indexOf(id)]
    return value && this.#resolve({ file: fn.file, node: value }, origins, depth + 1)
  }

  /** Returns the texts of a name in a pattern of several, of an object that is known by its properties only. */
  #ofPattern(pattern: Node, id: Node, origins: Origins, depth: number): Template[] | undefined {
    const keys = pattern.type === 'ObjectPattern' ? keysOf(pattern) : []
    if (keys.length < 2) return undefined
    if (!origins.has(pattern)) {
      const objects = this.#sources.objectsWith(keys)
      const texts = objects.filter(({ node }) => keys.some(key => hasWords(propertyOf(node, key)!)))
      throw new NeedsOrigin(
        pattern,
        objects.filter(({ file }) => texts.some(text => text.file === file)),
      )
    }
    const object = origins.get(pattern)
    const value = object && propertyOf(object.node, keyOf(pattern, id))
    return value && this.#resolve({ file: object.file, node: value }, origins, depth + 1)
  }

  /** Returns the texts of `TABLE.key` or `TABLE[key]`, where the table is a constant. */
  #ofMember({ file, node: member }: Place, origins: Origins, depth: number): Template[] | undefined {
    const object = unwrap(member.object)
    if (object.type !== 'Identifier') return undefined
    const found = this.#sources.declarationOf(file, object)
    const declarator = found?.binding.node
    if (found?.binding.kind !== 'const' || declarator?.type !== 'VariableDeclarator' || !declarator.init)
      return undefined
    const table = unwrap(declarator.init)
    if (table.type !== 'ObjectExpression') return undefined
    const name = memberName(member)
    const values: (Node | undefined)[] =
      name === undefined
        ? table.properties.map(({ value }: Node): Node | undefined => value)
        : [propertyOf(table, name)]
    const places = values.flatMap(node => (node === undefined ? [] : [{ file: found.file, node }]))
    return this.#anyOf(places, origins, depth)
  }

  #ofCall({ file, node: call }: Place, origins: Origins, depth: number): Template[] | undefined {
    const callee = unwrap(call.callee)
    if (callee.type === 'MemberExpression') {
      const name = memberName(callee)
      if (name === 'join') return this.#ofJoin({ file, node: callee.object }, origins, depth)
      if (name === 'trimEnd') return this.#resolve({ file, node: callee.object }, origins, depth + 1)
    }
    if (OPAQUE.has(callee.name)) return undefined
    const [fn, ...others] = this.#sources.calleesOf(file, call)
    if (fn === undefined || others.length > 0 || origins.has(fn.node)) return undefined
    const entered: Origins = new Map([...origins, [fn.node, { file, node: call }]])
    return this.#anyOf(
      returnsOf(fn.node).map(node => ({ file: fn.file, node })),
      entered,
      depth,
    )
  }

  /** Returns the text of `list.map(f).join(', ')`, with one element for all. */
  #ofJoin({ file, node }: Place, origins: Origins, depth: number): Template[] | undefined {
    let list = unwrap(node)
    if (list.type === 'Identifier') {
      const declarator = this.#sources.declarationOf(file, list)?.binding.node
      if (declarator?.type !== 'VariableDeclarator' || !declarator.init) return undefined
      list = unwrap(declarator.init)
    }
    const callee = list.type === 'CallExpression' ? unwrap(list.callee) : undefined
    if (callee?.type !== 'MemberExpression' || memberName(callee) !== 'map') return undefined
    const callback = unwrap(list.arguments[0])
    if (!isFunction(callback)) return undefined
    const entered: Origins = new Map([...origins, [callback, undefined]])
    const all = this.#anyOf(
      returnsOf(callback).map(each => ({ file, node: each })),
      entered,
      depth,
    )
    return all?.every(isOneWord) ? undefined : all
  }
}

function returnsOf(fn: Node): Node[] {
  if (fn.body.type !== 'BlockStatement') return [fn.body]
  const found: Node[] = []
  walk(fn.body, node => {
    if (node.type === 'ReturnStatement' && node.argument && functionAround(node) === fn) found.push(node.argument)
  })
  return found
}

const keysOf = (pattern: Node): string[] =>
  pattern.properties.flatMap(({ type, key }: Node): string[] => (type === 'Property' ? [key.name] : []))

/** Returns the key of an object pattern that declares a name. */
const keyOf = (pattern: Node, id: Node): string | undefined =>
  pattern.properties.find(({ type, value }: Node) => type === 'Property' && isWithin(id, value))?.key.name

/** Whether an expression is a text of several words. */
const hasWords = ({ type, value, quasis }: Node): boolean =>
  type === 'TemplateLiteral'
    ? quasis.some((quasi: Node) => /\w \w/.test(quasi.value.cooked))
    : /\w \w/.test(String(value))

const unique = (templates: readonly Template[]): Template[] => [
  ...new Map(templates.map(template => [printed(template), template])).values(),
]

/** Returns the parts with neighbouring texts as one. */
function joined(parts: readonly Part[]): Template {
  const all: Part[] = []
  for (const part of parts) {
    const last = all.at(-1)
    if (typeof part === 'string' && typeof last === 'string') all[all.length - 1] = last + part
    else if (part !== '') all.push(part)
  }
  return all
}

const isOneWord = (template: Template): boolean =>
  template.every(part => (typeof part === 'string' ? !/\s/.test(part) : 'hole' in part))

const holeOf = ({ file, node }: Place): Hole => ({
  hole: nameOf(file, unwrap(node)),
  source: file.text.slice(node.start, node.end),
})

/** Names the value of an expression: `value` of `describe(value)`, `reason of` of `reasonOf(thread)`. */
function nameOf(file: SourceFile, node: Node): string {
  const of = (inner: Node): string => nameOf(file, unwrap(inner))
  switch (node.type) {
    case 'Identifier':
      return inWords(node.name)
    case 'MemberExpression': {
      const name: string | undefined = node.computed ? undefined : node.property.name
      if (name === undefined) return of(node.object)
      return /^(?:length|size)$/.test(name) ? `${of(node.object)} ${name}` : inWords(name)
    }
    case 'CallExpression': {
      const callee = unwrap(node.callee)
      const name = callee.type === 'MemberExpression' ? memberName(callee)! : (callee.name as string)
      if (callee.type === 'MemberExpression' && SHOWING_METHODS.has(name)) return of(callee.object)
      return SHOWING_CALLS.has(name) ? of(node.arguments[0]) : inWords(name)
    }
    case 'LogicalExpression':
      return of(node.left)
    case 'ConditionalExpression':
      return of(node.alternate)
    default:
      return file.text.slice(node.start, node.end).replaceAll(/\s+/g, ' ')
  }
}

const inWords = (name: string): string =>
  /^[A-Z_0-9]+$/.test(name) ? name : name.replaceAll(/(?<=[a-z])[A-Z]/g, letter => ` ${letter.toLowerCase()}`)

/** Prints a template for the page: `‹value›` for a hole, `‹a | b›` for a choice. */
export const printed = (template: Template): string =>
  template
    .map(part => {
      if (typeof part === 'string') return part
      if ('hole' in part) return `‹${part.hole}›`
      const texts = part.choice.map(printed)
      return `‹${texts.toSorted((a, b) => Number(a === '') - Number(b === '')).join(' | ')}›`
    })
    .join('')

/** Returns the texts of a template in which each alternative of a choice occurs once; the values are `‹name›`. */
export function variantsOf(template: Template): string[] {
  const parts = template.map(part => {
    if (typeof part === 'string') return [part]
    return 'hole' in part ? [`‹${part.hole}›`] : part.choice.flatMap(variantsOf)
  })
  const count = Math.max(1, ...parts.map(({ length }) => length))
  return Array.from({ length: count }, (_, i) => parts.map(texts => texts[i % texts.length]).join(''))
}

/** Calls `visit` with each hole of a template, and with the text before it. */
export function eachHole(template: Template, visit: (hole: Hole, before: string) => void): void {
  let before = ''
  for (const part of template) {
    if (typeof part === 'string') before += part
    else if ('hole' in part) {
      visit(part, before)
      before += '‹›'
    } else for (const each of part.choice) eachHole(each, (hole, inner) => visit(hole, before + inner))
  }
}
