/**
 * Emits the output texts: the file itself with its closures marked, one module per closure, and `lib`.
 *
 * An extracted module is the original text with all unneeded code blanked. So lines and columns are those of the file,
 * and stacks need no source map. The words that make it a module replace blanked text, at the end of a line if there is
 * one:
 *
 *     export const $factory = ([data]) =>
 *
 *                             () => data.length
 *     import { sum } from "file:///app.ts?fl=lib"
 *
 * If functions of its surroundings are copied, they and the closure are in one function body, each at its position:
 *
 *     export const $factory = ([base]) => { let $f
 *       const add = (n) => n + base;
 *                             ;$f=() => add(1);
 *     return $f }
 */
import type { Library, ClosureNeeds } from '../analysis/capture.ts'
import { operationOf } from '../analysis/find.ts'
import { applyEdits, type Edit, type Edits } from '../syntax/edits.ts'
import { Lines } from '../syntax/lines.ts'
import type { ReadOnlyProof } from '../analysis/only-reads.ts'
import type { Binding, Scopes } from '../syntax/scope.ts'
import type { Node } from '../syntax/syntax.ts'
import type { Lending } from '../analysis/view-escape.ts'

export interface RuntimeNames {
  /**
   * The local names of `__fl$`, `__using$`, `__use$`, `__end$`, `__unwind$`, `__place$`, `__view$`, `__seen$`,
   * `__kept$`, `__static$`, `__clone$`, `__frozen$`, `__compiled$`, `__added$` and `__disposed$` in these texts. They never clash with a name of
   * the user.
   */
  spawn: string
  using: string
  use: string
  end: string
  unwind: string
  place: string
  view: string
  seen: string
  kept: string
  static: string
  clone: string
  frozen: string
  compiled: string
  added: string
  disposed: string
  factory: string
  closure: string
}

interface Piece {
  start: number
  end: number
  before: string
  after: string
}

/**
 * Returns the url of a module extracted from a file. `?fl=` comes before a query of the file's own, because a thread
 * recognises the module by it.
 */
export function closureUrl(url: string, which: number | 'lib'): string {
  const [file, query] = url.split('?')
  return `${file}?fl=${which}${query === undefined ? '' : `&${query}`}`
}

/**
 * Marks a closure in the file, and in every text that contains the closure. `reads` is the proof for its borrowed
 * values.
 */
export function markClosure(
  { site, captures, copied }: ClosureNeeds,
  reference: string,
  names: RuntimeNames,
  edits: Edits,
  reads?: ReadOnlyProof,
  lines?: Lines,
): void {
  const values = captures.map(binding => (copied.has(binding) ? `${names.clone}(${binding.name})` : binding.name))
  const thunk = captures.length > 0 ? `, () => [${values.join(', ')}], "${namesOf(captures)}"` : ''
  edits.insert(site.argument.start, `${names.spawn}(`, 'spawn')
  if (copied.size > 0) edits.insert(site.argument.end, '', 'clone')
  edits.insert(site.argument.end, `, ${reference}${thunk}${reads ? readsOf(reads, thunk !== '', lines) : ''})`)
}

/**
 * Drops the JoinHandle of a spawn whose value is not used, as Rust drops a temporary at the end of its statement: the
 * thread is detached, and its panic is reported at once.
 */
export function dropUnusedHandles(scopes: Scopes, edits: Edits): void {
  for (const { node: call } of scopes.calls) {
    const { spawns, gives, runs } = (isUnused(call) && operationOf(scopes, call)) || {}
    // A scope joins the threads that borrow.
    if (spawns === 'thread' && gives === 'JoinHandle' && runs === 'move') edits.insert(call.end, '[Symbol.dispose]()')
  }
}

/** Whether a call is a whole statement, or the operand of a `void` that is one. */
function isUnused({ parent }: Node): boolean {
  const outer = parent?.type === 'UnaryExpression' && parent.operator === 'void' ? parent.parent : parent
  return outer?.type === 'ExpressionStatement'
}

/** Formats the proof: `, 31`, or with the location of a possible write, `, 1, "12:5"`. */
function readsOf({ bits, at }: ReadOnlyProof, follows: boolean, lines: Lines | undefined): string {
  const place = at && lines?.at(at.start)
  return `${follows ? '' : ', undefined, undefined'}, ${bits}${place ? `, "${place.line}:${place.column}"` : ''}`
}

/**
 * Marks a call `x.with(view => ...)` with the verdict on its function: whether a vec lends it memory, a copy, or
 * nothing.
 */
export function markLending({ call, verdict, captured }: Lending, names: RuntimeNames, edits: Edits): void {
  const { end } = call.arguments[0]
  if (verdict === 'unknown') edits.insert(end, `, () => [${captured.join(', ')}]`)
  else edits.insert(end, `, ${names[verdict]}`, verdict)
}

export class Emitter {
  readonly #url: string
  readonly #source: string
  readonly #edits: Edits
  readonly #names: RuntimeNames
  readonly #lines: Lines
  readonly #aligned: boolean

  /** With `aligned`, every text keeps the offsets of the rewritten file, so that coverage of both can be added. */
  constructor(url: string, source: string, edits: Edits, names: RuntimeNames, aligned = false) {
    this.#aligned = aligned
    this.#url = url
    this.#source = source
    this.#edits = edits
    this.#names = names
    this.#lines = new Lines(source)
  }

  /** Returns the text to append to the rewritten file. */
  mainTail(): string {
    const imports = this.#runtimeImport(this.#edits.all)
    return imports && `\n${imports}\n`
  }

  /** Returns the module of a closure. It imports `modules` for their side effects. */
  closure({ site, captures, copied, copies, imports, lib }: ClosureNeeds, modules: readonly string[] = []): string {
    const { factory, closure, frozen } = this.#names
    const exported = factory === '$factory'
    // A static is read-only, and so is each copy, because a change in one thread's copy would be lost.
    const statics = copied.size > 0 ? `, $ = ${frozen}(${namesOf(inOrder(copied))})` : ''
    const parameters = captures.length > 0 ? `[${namesOf(captures)}]${statics}` : ''
    const head = `${exported ? 'export ' : ''}const ${factory} = (${parameters}) =>`
    const tail =
      (exported ? '' : `\nexport { ${factory} as $factory }`) +
      (statics &&
        `\nimport { ${frozen === '__frozen$' ? frozen : `__frozen$ as ${frozen}`} } from 'fearless/closure'`) +
      this.#imports(imports) +
      this.#libraryImport(lib) +
      modules.map(module => `\nimport ${JSON.stringify(module)}`).join('')
    const { start, end } = site.argument
    if (copies.size === 0) return this.#cut([{ start, end, before: '', after: '' }], head, tail)

    const { pieces, displaced } = declarations(copies, site.argument)
    pieces.push({ start, end, before: `;${closure}=`, after: '' })
    const behind = displaced.map(piece => `\n${piece.before}${this.#text(piece)};`).join('')
    return this.#cut(pieces, `${head} { let ${closure}`, `;${behind}\nreturn ${closure} }${tail}`, displaced)
  }

  library({ members, imports, registrations }: Library): string {
    const statements = registrations.map(({ start, end }) => ({ start, end, before: '', after: ';' }))
    return this.#cut(
      [...declarations(members).pieces, ...statements],
      '',
      `\nexport { ${namesOf(inOrder(members))} }${this.#imports(imports)}`,
    )
  }

  /** Joins the pieces at their positions. `tail` contains the `displaced` ones. */
  #cut(pieces: Piece[], head: string, tail: string, displaced: readonly Piece[] = []): string {
    let text = ''
    let at = 0
    let glue = head
    for (const piece of pieces.sort((a, b) => a.start - b.start)) {
      if (piece.start < at) continue
      const words = glue + piece.before
      text += this.#aligned ? this.#alignedGap(text.length, piece.start, words) : this.#gap(at, piece.start, words)
      text += this.#text(piece)
      glue = piece.after
      at = piece.end
    }
    const used = [...pieces, ...displaced].flatMap(({ start, end }) => this.#edits.within(start, end))
    const imports = this.#runtimeImport(used)
    return `${text}${glue}${tail}${imports && `\n${imports}`}\n`
  }

  #text({ start, end }: Piece): string {
    return applyEdits(this.#source, start, end, this.#edits.within(start, end))
  }

  /** Returns the words in place of a removed text, padded so that the text behind it keeps its column if possible. */
  #gap(start: number, end: number, words: string): string {
    const from = this.#lines.at(start)
    const to = this.#lines.at(end)
    if (from.line === to.line) return words.padEnd(end - start)
    return words + '\n'.repeat(to.line - from.line) + ' '.repeat(to.column - 1)
  }

  /** Returns the words and blanks that lead from an offset to the offset of a position in the rewritten file. */
  #alignedGap(offset: number, to: number, words: string): string {
    const before = this.#edits.all.filter(({ end }) => end <= to)
    const gap = applyEdits(this.#source, 0, to, before).slice(offset)
    const lastLine = gap.slice(gap.lastIndexOf('\n') + 1).length
    const breaks = '\n'.repeat(gap.split('\n').length - 1)
    return words.padEnd(gap.length - breaks.length - lastLine) + breaks + ' '.repeat(lastLine)
  }

  #imports(bindings: Iterable<Binding>): string {
    const statements = new Map<Node, Binding[]>()
    for (const binding of inOrder(bindings)) {
      const wanted = statements.get(binding.declaration)
      if (wanted === undefined) statements.set(binding.declaration, [binding])
      else wanted.push(binding)
    }
    return [...statements].map(([statement, wanted]) => `\nimport ${this.#importClause(statement, wanted)}`).join('')
  }

  #importClause(statement: Node, wanted: readonly Binding[]): string {
    const from = this.#source
      .slice(statement.source.start, statement.end)
      .replace(/;?\s*$/, '')
      .replace(/[\r\n]+/g, ' ')
    const heads: string[] = statement.phase ? [statement.phase] : []
    const named: string[] = []
    for (const { node, name } of wanted) {
      if (node.type === 'ImportDefaultSpecifier') heads.push(name)
      else if (node.type === 'ImportNamespaceSpecifier') heads.push(`* as ${name}`)
      else named.push(this.#source.slice(node.start, node.end))
    }
    if (named.length > 0) heads.push(`{ ${named.join(', ')} }`)
    return `${heads.join(statement.phase ? ' ' : ', ')} from ${from}`
  }

  #libraryImport(members: ReadonlySet<Binding>): string {
    return members.size === 0
      ? ''
      : `\nimport { ${namesOf(inOrder(members))} } from ${JSON.stringify(closureUrl(this.#url, 'lib'))}`
  }

  /** Returns the imports that these edits need, and the declarations of the variables that they assign to. */
  #runtimeImport(edits: readonly Edit[]): string {
    const needs = edits.map(edit => edit.needs)
    const wanted: string[] = []
    const want = (name: string, local: string): void => void wanted.push(name === local ? name : `${name} as ${local}`)
    if (needs.includes('spawn')) want('__fl$', this.#names.spawn)
    if (needs.includes('using')) want('__using$', this.#names.using)
    if (needs.includes('use')) {
      want('__use$', this.#names.use)
      want('__end$', this.#names.end)
      want('__unwind$', this.#names.unwind)
    }
    if (needs.includes('place')) want('__place$', this.#names.place)
    for (const verdict of ['seen', 'view', 'kept', 'static', 'clone', 'compiled', 'added', 'disposed'] as const)
      if (needs.includes(verdict)) want(`__${verdict}$`, this.#names[verdict])
    const variables = [...new Set(edits.flatMap(({ variable }) => variable ?? []))]
    const declared = variables.length === 0 ? '' : `; var ${variables.join(', ')}`
    return wanted.length === 0 ? '' : `import { ${wanted.join(', ')} } from 'fearless/closure'${declared}`
  }
}

/**
 * Returns declarations as pieces of text. A function that contains the closure cannot be at its own position too, so it
 * is displaced behind the last line.
 */
function declarations(bindings: Iterable<Binding>, closure?: Node): { pieces: Piece[]; displaced: Piece[] } {
  const pieces = new Map<number, Piece>()
  const displaced = new Map<number, Piece>()
  // The last piece of each declaration list such as `const a = 1, b = 2`.
  const lists = new Map<Node, Piece>()
  for (const { node, more, declaration, kind } of inOrder(bindings)) {
    for (const { start, end, type } of [node, ...more]) {
      if (pieces.has(start)) continue
      const inList = type === 'VariableDeclarator'
      if (closure && start <= closure.start && closure.end <= end) {
        displaced.set(start, { start, end, before: inList ? 'const ' : '', after: '' })
        continue
      }
      const piece: Piece = { start, end, before: '', after: inList ? ';' : '' }
      pieces.set(start, piece)
      if (!inList) continue
      const previous = lists.get(declaration)
      if (previous === undefined) {
        pieces.set(declaration.start, {
          start: declaration.start,
          end: declaration.start + kind.length,
          before: '',
          after: '',
        })
      } else {
        previous.after = ''
        piece.before = ','
      }
      lists.set(declaration, piece)
    }
  }
  return { pieces: [...pieces.values()], displaced: [...displaced.values()] }
}

const inOrder = (bindings: Iterable<Binding>): Binding[] => [...bindings].sort((a, b) => a.id.start - b.id.start)

const namesOf = (bindings: readonly Binding[]): string => bindings.map(({ name }) => name).join(', ')
