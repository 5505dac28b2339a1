/**
 * A file as the compiler is shown it: with one call more per closure that crosses a thread.
 *
 *   thread.spawn(move(() => rc.value))
 *   thread.spawn((__fl$send(rc), move(() => rc.value)))
 *
 * Captures are invisible to types; as arguments of a function whose parameters are `Send`, they are judged by the same
 * types as everything else that crosses, and the compiler's own words come back. Those of a closure that borrows are arguments of
 * `__fl$lend`. Lines do not move, so only offsets need
 * translating.
 */
import type { FileModel, ThreadClosure } from '../model.ts'

const NAME = '__fl$send'
const BORROWING = '__fl$lend'
const SEND = `import('fearless').Send<A[K]>`
/** A scope is lent to its own threads, and never sent. `any` is none. */
const LEND = `0 extends 1 & A[K] ? ${SEND} : A[K] extends import('fearless').Scope ? A[K] : ${SEND}`
const DECLARATION =
  `\ndeclare function ${NAME}<A extends unknown[]>(...args: { [K in keyof A]: ${SEND} }): void` +
  `\ndeclare function ${BORROWING}<A extends unknown[]>(...args: { [K in keyof A]: ${LEND} }): void\n`

interface Insertion {
  /** Where in the file. */
  readonly at: number
  readonly text: string
  /** The names in it, by their offsets in `text`, and the places in the file they stand for. */
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

  static for(file: FileModel): Overlay {
    return new Overlay(file.text, insertionsFor(file))
  }

  /** A text with nothing added: what an editor has in place of a file. */
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

  /** A place of the compiler's text in the file: for an inserted name, the place it stands for. */
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

function insertionsFor(file: FileModel): Insertion[] {
  if (!file.typescript) return []
  return file.closures.flatMap(closure => (isJudged(closure) ? around(closure) : []))
}

/** F0373 has refused the captures of any other closure. */
function isJudged({ moved, site, captures }: ThreadClosure): boolean {
  return (moved || site.borrows) && captures.length > 0
}

function around({ site, captures, call }: ThreadClosure): Insertion[] {
  // The whole `move(...)`, so that what spawn infers from it stays as it is.
  const target = site.argument.parent && call !== site.argument.parent ? site.argument.parent : site.argument
  const { start, end } = target.type === 'CallExpression' ? target : site.argument
  let text = `(${site.borrows ? BORROWING : NAME}(`
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
