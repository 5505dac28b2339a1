/**
 * The text of a file for tsc: with an added call for each closure that crosses a thread.
 *
 *   thread.spawn(move(() => rc.value))
 *   thread.spawn((void __fl$send(rc), move(() => rc.value)))
 *
 * To find the type of a name, tsc walks the control flow back to the declaration of the name. So a capture whose
 * declaration determines its type is judged at the declaration, where that walk is short. Each walk also visits the
 * calls that might be assertions; a call after `void` is none. With these two, 2,000 conditional moves of 2,000 lists
 * cost tsc no more than without additions (1.9 times as much without them).
 *
 *   const list = [n]
 *   const list = [n];void __fl$send(list);
 *
 * Types do not see captures. As arguments of a function whose parameters are `Send`, captures are judged by the same
 * types as other values that cross, with the same messages.
 *
 *   __fl$send     the captures of a `move` closure
 *   __fl$lend     the captures of a closure that borrows
 *   __fl$scoped   a possible scope, then the captures of a `move` closure spawned on it
 *
 * Additions contain no line breaks, so only offsets need translating.
 */
import { memberName, unwrap, type Binding, type Node } from '@fearless/compiler/analysis'
import { SCOPED_SPAWNS, UNIQUE_MAKERS } from '../api.ts'
import type { FileInfo, ThreadClosure } from '../file-info.ts'

const NAME = '__fl$send'
const BORROWING = '__fl$lend'
const SCOPED = '__fl$scoped'
const SEND = `import('fearless').Send<A[K]>`
/** A scope is lent to its own threads, and never sent. `any` is not a scope. */
const LEND = `0 extends 1 & A[K] ? ${SEND} : A[K] extends import('fearless').Scope ? A[K] : ${SEND}`
const DECLARATION =
  `\ndeclare function ${NAME}<A extends unknown[]>(...args: { [K in keyof A]: ${SEND} }): void` +
  `\ndeclare function ${BORROWING}<A extends unknown[]>(...args: { [K in keyof A]: ${LEND} }): void` +
  `\ndeclare function ${SCOPED}<S, A extends unknown[]>(scope: S, ...args: { [K in keyof A]: S extends import('fearless').Scope ? ${LEND} : ${SEND} }): void\n`

interface Insertion {
  /** The offset in the file. */
  readonly at: number
  readonly text: string
  /** The names in `text`, by their offsets, with the ranges of the file that they represent. */
  readonly names: readonly { offset: number; start: number; end: number }[]
}

export class Overlay {
  readonly text: string
  readonly #insertions: readonly Insertion[]

  private constructor(source: string, insertions: readonly Insertion[]) {
    this.#insertions = insertions.toSorted((a, b) => a.at - b.at)
    let text = ''
    let last = 0
    for (const insertion of this.#insertions) {
      text += source.slice(last, insertion.at) + insertion.text
      last = insertion.at
    }
    this.text = text + source.slice(last) + (insertions.length > 0 ? DECLARATION : '')
  }

  static for(file: FileInfo): Overlay {
    return new Overlay(file.text, insertionsFor(file))
  }

  /** Returns an overlay without additions, for an editor's text. */
  static of(text: string): Overlay {
    return new Overlay(text, [])
  }

  toCompiler(offset: number): number {
    let shift = 0
    for (const { at, text } of this.#insertions) {
      if (at > offset) break
      shift += text.length
    }
    return offset + shift
  }

  /** Translates a range of tsc's text to the file; an added name, to the range that it represents. */
  toSource(start: number, end: number): { start: number; end: number } {
    let shift = 0
    for (const { at, text, names } of this.#insertions) {
      const name = names.find(({ offset }) => at + shift + offset === start)
      if (name !== undefined) return { start: name.start, end: name.end }
      shift += text.length
    }
    const from = this.#offset(start)
    return { start: from, end: Math.max(from, this.#offset(end)) }
  }

  #offset(place: number): number {
    let shift = 0
    for (const { at, text } of this.#insertions) {
      if (place <= at + shift) break
      if (place < at + shift + text.length) return at
      shift += text.length
    }
    return place - shift
  }
}

function insertionsFor(file: FileInfo): Insertion[] {
  if (!file.typescript) return []
  const found: Insertion[] = []
  const made = new Map<Node, Capture[]>()
  for (const closure of file.closures) {
    if (!isJudged(closure)) continue
    const others: Capture[] = []
    for (const capture of closure.captures) {
      const declaration = declarationThatMakes(file, capture.binding)
      if (declaration === undefined) others.push(capture)
      else made.set(declaration, [...(made.get(declaration) ?? []), capture])
    }
    if (others.length > 0) found.push(...around(closure, others))
  }
  for (const [declaration, captures] of made) found.push(after(declaration, captures))
  return found
}

type Capture = ThreadClosure['captures'][number]

/** Whether tsc judges the captures of a closure. F0373 refuses the captures of all others. */
function isJudged({ moved, site, captures }: ThreadClosure): boolean {
  return (moved || site.borrows) && captures.length > 0
}

const STATEMENTS = new Set(['BlockStatement', 'Program', 'StaticBlock', 'SwitchCase', 'ExportNamedDeclaration'])

/**
 * Returns the declaration of a name whose type is the same at every use: a list, an object, an instance, or a handle.
 */
function declarationThatMakes(file: FileInfo, { kind, node, id, declaration }: Binding): Node | undefined {
  if (kind !== 'const' || declaration.type !== 'VariableDeclaration' || !node.init) return undefined
  if (!STATEMENTS.has(declaration.parent?.type ?? '')) return undefined
  const { init } = node
  const isPart = node.id.type === 'ArrayPattern' && node.id.elements.includes(id) && !node.id.typeAnnotation
  if (init.type === 'CallExpression')
    return (isPart || isPlain(id)) && UNIQUE_MAKERS.has(file.pathOf(init.callee) ?? '') ? declaration : undefined
  if (!isPlain(id) || node.id !== id) return undefined
  // The type of an empty list depends on the elements that are added later.
  const isMade =
    init.type === 'ArrayExpression' ? init.elements.length > 0 : /^(?:Object|New)Expression$/.test(init.type)
  return isMade ? declaration : undefined
}

const isPlain = (id: Node): boolean => !id.typeAnnotation

function after({ end }: Node, captures: readonly Capture[]): Insertion {
  let text = ';'
  const names = captures.map(({ binding, node }) => {
    text += `void ${NAME}(`
    const offset = text.length
    text += `${binding.name});`
    return { offset, start: node.start, end: node.end }
  })
  return { at: end, text, names }
}

/** Returns the possible scope of a call: `s` of `s.spawn(f)` and of `builder.spawnScoped(s, f)`. The types decide. */
function scopeOf(call: Node | undefined): string | undefined {
  const callee = call && unwrap(call.callee)
  if (callee?.type !== 'MemberExpression') return undefined
  const name = memberName(callee) ?? ''
  if (!SCOPED_SPAWNS.has(name)) return undefined
  const at = SCOPED_SPAWNS.get(name)
  const scope: Node | undefined = at === undefined ? callee.object : call!.arguments[at]
  const named = scope && unwrap(scope)
  return named?.type === 'Identifier' ? named.name : undefined
}

function around({ site, call }: ThreadClosure, captures: readonly Capture[]): Insertion[] {
  // The additions wrap the whole `move(...)`, so that the type that `spawn` infers from it stays the same.
  const target = site.argument.parent && call !== site.argument.parent ? site.argument.parent : site.argument
  const { start, end } = target.type === 'CallExpression' ? target : site.argument
  const scope = site.borrows ? undefined : scopeOf(call)
  let text = site.borrows ? `(${BORROWING}(` : scope === undefined ? `(${NAME}(` : `(${SCOPED}(${scope}, `
  const names = captures.map(({ binding, node }) => {
    const offset = text.length
    text += `${binding.name}, `
    return { offset, start: node.start, end: node.end }
  })
  return [
    { at: start, text: `${text}), `, names },
    { at: end, text: ')', names: [] },
  ]
}
