/**
 * The records of the shared heap, read from the sources: the constants with the offsets of their fields, and the tables
 * that describe them.
 *
 * A record is declared in one of two forms. In both, the last row says `end`.
 *
 *   A table in a comment has a row for each constant:      Constants in one block have their rows beside them:
 *     +16  LOCK_WORD  0 free, else the slot id               const LOCK_WORD: i32 = 16 // 0 free, else the slot id
 *     +20  end                                               // +20 end
 *
 * - A row begins with the type of its field, unless that is a word: `wait queue`, `f64`, `two words`, `1024 words`.
 * - `or` is another use of bytes that a row above describes: `+16 or NAME` in a table, `// or: ...` in a block.
 * - In a table, `-` is a field without a constant, and `A .. B` the fields from A to B of another record.
 * - `end: ...` describes bytes of any number that follow the record.
 */
import { dirname, join, normalize } from 'node:path'
import { parseSync } from 'oxc-parser'

export interface RecordLayout {
  readonly file: string
  readonly fields: readonly Field[]
  readonly end: number
}

interface Field {
  /** The constant with its offset. */
  readonly name: string | undefined
  readonly at: number
  readonly type: Type
  /** Whether it is another use of bytes of fields before it. */
  readonly isOr: boolean
}

interface Type {
  readonly name: 'word' | 'words' | 'f64' | 'wait queue' | 'any'
  readonly bytes: number
}

const COUNTS = ['two', 'three', 'four', 'five', 'six', 'seven', 'eight']

function typeOf(text: string): Type {
  const [, queue, float, count] = /^(?:(wait queue)\b|(f64)\b|(\d+|[a-z]+) words\b)/.exec(text) ?? []
  if (queue !== undefined) return { name: 'wait queue', bytes: 12 }
  if (float !== undefined) return { name: 'f64', bytes: 8 }
  const words = count === undefined ? 0 : Number(count) || COUNTS.indexOf(count) + 2
  return words > 1 ? { name: 'words', bytes: 4 * words } : { name: 'word', bytes: 4 }
}

/** A constant, or the row of a field without one. */
interface Constant {
  readonly name: string | undefined
  readonly line: number
  readonly value: number
  /** The comment beside it. */
  readonly text: string
}

interface Row {
  readonly line: number
  readonly at: number
  readonly isOr: boolean
  readonly name: string | undefined
  /** The last field of a range that begins with `name`. */
  readonly last: string | undefined
  readonly text: string
}

interface AnyNode {
  readonly type: string
  readonly start: number
  readonly [key: string]: unknown
}

const isNode = (value: unknown): value is AnyNode =>
  typeof value === 'object' && value !== null && typeof (value as AnyNode).type === 'string'

const isConstantName = (name: unknown): name is string => typeof name === 'string' && /^[A-Z][A-Z0-9_]*$/.test(name)

function childrenOf(node: AnyNode): AnyNode[] {
  return Object.values(node).flatMap(value => (Array.isArray(value) ? (value as unknown[]) : [value]).filter(isNode))
}

/** A file: its syntax tree, its comments, and the constants that it declares and imports. */
class Source {
  readonly file: string
  readonly program: AnyNode
  /** The initial values of constants. */
  readonly initial = new Map<string, AnyNode>()
  /** The files from which names are imported. */
  readonly origins = new Map<string, string>()
  readonly comments: readonly { readonly isBlock: boolean; readonly line: number; readonly text: string }[]
  readonly #text: string

  constructor(file: string, text: string) {
    this.file = file
    this.#text = text
    const { program, comments, errors } = parseSync(file, text, { lang: 'ts' })
    if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`)
    this.program = program as unknown as AnyNode
    this.comments = comments.map(({ type, start, value }) => ({
      isBlock: type === 'Block',
      line: this.lineOf(start),
      text: value,
    }))
    for (const statement of this.statements) {
      if (statement.type === 'ImportDeclaration') {
        const origin = normalize(join(dirname(file), String((statement.source as AnyNode).value)))
        for (const { local } of statement.specifiers as { local: { name: string } }[])
          this.origins.set(local.name, origin)
      }
    }
    for (const { name, init } of this.declarations()) this.initial.set(name, init)
  }

  get statements(): readonly AnyNode[] {
    return this.program.body as AnyNode[]
  }

  lineOf(offset: number): number {
    return this.#text.slice(0, offset).split('\n').length
  }

  /** Yields the variables of the module with a constant's name and an initial value. */
  *declarations(): Generator<{ name: string; init: AnyNode; line: number }> {
    for (const statement of this.statements) {
      const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
      if (!isNode(declaration) || declaration.type !== 'VariableDeclaration') continue
      for (const { id, init } of declaration.declarations as { id: AnyNode; init: unknown }[]) {
        if (isConstantName(id.name) && isNode(init)) {
          yield { name: id.name, init, line: this.lineOf(statement.start) }
        }
      }
    }
  }
}

/** Functions of the memory interface (memory.ts) that access the word, or the double, at their first argument. */
const OF_WORDS = new Set('load store storeRelaxed cas swap add and or xor notify nap get set'.split(' '))
const OF_DOUBLES = new Set('loadFloat storeFloat swapFloat casFloat getFloat setFloat'.split(' '))

export class Records {
  /** The faults, each with its file and line. */
  readonly problems: string[] = []
  readonly records: RecordLayout[] = []
  readonly #sources: ReadonlyMap<string, Source>
  /** The functions with a wait queue among their parameters, by the index of that parameter. */
  readonly #queueFunctions = new Map<string, number>()

  /** Reads sources, by their paths. */
  constructor(texts: ReadonlyMap<string, string>) {
    this.#sources = new Map([...texts].map(([file, text]) => [file, new Source(file, text)]))
    const sources = [...this.#sources.values()]
    const tables = new Map(sources.map(source => [source, this.#tablesOf(source)]))
    const hasRange = (source: Source): boolean => tables.get(source)!.some(table => table.some(({ last }) => last))
    // The record of a range must be known before.
    for (const source of sources.toSorted((a, b) => Number(hasRange(a)) - Number(hasRange(b))))
      this.#addRecords(source, tables.get(source)!)
    for (const source of sources) this.#findQueueFunctions(source)
    for (const source of sources) this.#checkUses(source)
  }

  /** Returns the size of the record that declares this field. */
  sizeOf(file: string, field: string): number | undefined {
    return this.records.find(each => each.file === file && each.fields.some(({ name }) => name === field))?.end
  }

  // ------------------------------------------------------------ constants

  #valueOf(source: Source, node: AnyNode | undefined): number | undefined {
    switch (node?.type) {
      case 'Literal':
        return typeof node.value === 'number' ? node.value : undefined
      case 'Identifier':
        return this.#valueOfName(source, String(node.name))
      case 'BinaryExpression': {
        const left = this.#valueOf(source, node.left as AnyNode)
        const right = this.#valueOf(source, node.right as AnyNode)
        if (left === undefined || right === undefined) return undefined
        return node.operator === '+' ? left + right : node.operator === '*' ? left * right : undefined
      }
      default:
        return undefined
    }
  }

  #valueOfName(source: Source, name: string): number | undefined {
    const origin = this.#originOf(source, name)
    return origin && this.#valueOf(origin, origin.initial.get(name))
  }

  /** Returns the source that declares a constant: this one, the one it is imported from, or the only other one. */
  #originOf(source: Source, name: string): Source | undefined {
    if (source.initial.has(name)) return source
    const imported = this.#sources.get(source.origins.get(name) ?? '')
    if (imported !== undefined) return imported
    const others = [...this.#sources.values()].filter(({ initial }) => initial.has(name))
    return others.length === 1 ? others[0] : undefined
  }

  /** Returns the constants in blocks: a block has no empty line and no other line inside. */
  #blocksOf(source: Source): Constant[][] {
    const beside = new Map(source.comments.map(({ line, text }) => [line, text.trim()]))
    const constants: Constant[] = []
    for (const { name, init, line } of source.declarations()) {
      const value = this.#valueOf(source, init)
      if (value !== undefined) constants.push({ name, line, value, text: beside.get(line) ?? '' })
    }
    for (const { isBlock, line, text } of source.comments) {
      const [, offset, words] = /^\s*\+(\d+) (.*)$/.exec(isBlock ? '' : text) ?? []
      if (words !== undefined) constants.push({ name: undefined, line, value: Number(offset), text: words })
    }
    const blocks: Constant[][] = []
    for (const constant of constants.sort((a, b) => a.line - b.line)) {
      const last = blocks.at(-1)
      if (last?.at(-1)?.line === constant.line - 1) last.push(constant)
      else blocks.push([constant])
    }
    return blocks
  }

  // ------------------------------------------------------------ tables

  #tablesOf({ file, comments }: Source): Row[][] {
    const tables: Row[][] = []
    for (const { isBlock, line: first, text } of comments) {
      if (!isBlock) continue
      let table: Row[] | undefined
      for (const [i, line] of text.split('\n').entries()) {
        const [, offset, or, words] = /^\s*\*\s+\+(\d+)\s+(or\s+)?(.*)$/.exec(line) ?? []
        if (words !== undefined) {
          if (table === undefined) tables.push((table = []))
          table.push(this.#row(file, first + i, Number(offset), or !== undefined, words))
        } else if (!/^\s*\*\s{5,}\S/.test(line)) table = undefined
      }
    }
    return tables
  }

  #row(file: string, line: number, at: number, isOr: boolean, words: string): Row {
    const [, name, last, text] = /^(-|[A-Z][A-Z0-9_]*)(?:\s+\.\.\s+([A-Z][A-Z0-9_]*))?(?:\s+(.*))?$/.exec(words) ?? []
    if (name === undefined && !isEnd(words)) this.#complain(file, line, `the row +${at} names no constant: ${words}`)
    return {
      line,
      at,
      isOr,
      name: name === '-' ? undefined : name,
      last,
      text: name === undefined ? words : (text ?? ''),
    }
  }

  // ------------------------------------------------------------ records

  #addRecords(source: Source, tables: readonly (readonly Row[])[]): void {
    const described = new Set<string>()
    for (const table of tables) {
      for (const { name } of table) if (name !== undefined) described.add(name)
      const rows = table.flatMap(row => this.#resolved(source, row))
      this.#addRecord(source.file, rows)
    }
    for (const block of this.#blocksOf(source)) {
      if (block.some(({ name }) => name !== undefined && described.has(name))) {
        for (const { name, line } of block)
          if (!described.has(name ?? '')) this.#complain(source.file, line, `${name ?? 'a row'} is not in the table`)
      } else if (block.some(({ text }) => isEnd(text))) {
        this.#addRecord(
          source.file,
          block.map(({ name, line, value, text }) => ({
            line,
            at: value,
            isOr: text.startsWith('or:'),
            name,
            last: undefined,
            text: text.replace(/^or:\s*/, ''),
          })),
        )
      }
    }
  }

  /** Compares a row of a table with its constant. Returns it, or the rows of a range. */
  #resolved(source: Source, row: Row): Row[] {
    const { line, at, name, last } = row
    if (name === undefined) return [row]
    const value = this.#valueOfName(source, name)
    if (value === undefined) this.#complain(source.file, line, `there is no constant ${name}`)
    else if (value !== at) this.#complain(source.file, line, `${name} is ${value}, but its row says +${at}`)
    if (last === undefined) return [row]
    for (const { fields } of this.records) {
      const from = fields.findIndex(field => field.name === name)
      const to = fields.findIndex(field => field.name === last)
      if (from < 0 || to < from) continue
      return fields.slice(from, to + 1).map(field => ({
        ...row,
        at: field.at,
        isOr: field.isOr,
        name: field.name,
        text: field.type.name === 'words' ? `${field.type.bytes / 4} words` : field.type.name,
      }))
    }
    this.#complain(source.file, line, `no record has the fields ${name} .. ${last}`)
    return []
  }

  #addRecord(file: string, rows: readonly Row[]): void {
    const fields: Field[] = []
    let end: number | undefined
    // The ends of the last field and, for a field with `or`, of the last one with `or` beside it.
    let [next, nextOr] = [0, 0]
    for (const { line, at, isOr, name, text } of rows) {
      const title = name ?? `the field at +${at}`
      if (end !== undefined) this.#complain(file, line, `${title} is behind the end of its record`)
      if (isEnd(text)) {
        end = at
        if (next > end) this.#complain(file, line, `the record ends at ${end}, but its last field at ${next}`)
        if (name !== undefined) fields.push({ name, at, type: { name: 'any', bytes: 0 }, isOr })
        continue
      }
      const type = typeOf(text)
      const alignment = type.name === 'f64' ? 8 : 4
      if (at % alignment !== 0) this.#complain(file, line, `${title} is not aligned to ${alignment} bytes`)
      const before = isOr ? nextOr : next
      if (at < before) this.#complain(file, line, `${title} overlaps the field before it, which ends at ${before}`)
      if (isOr && at >= next) this.#complain(file, line, `${title} is behind the fields that \`or\` refers to`)
      nextOr = isOr ? at + type.bytes : 0
      next = Math.max(next, at + type.bytes)
      fields.push({ name, at, type, isOr })
    }
    if (end === undefined) this.#complain(file, rows[0].line, 'the record has no row that says `end`')
    this.records.push({ file, fields, end: end ?? next })
  }

  // ------------------------------------------------------------ uses

  #findQueueFunctions({ statements }: Source): void {
    for (const statement of statements) {
      const fn = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
      if (!isNode(fn) || fn.type !== 'FunctionDeclaration') continue
      const index = (fn.params as AnyNode[]).findIndex(({ name }) => name === 'queue')
      if (index >= 0) this.#queueFunctions.set(String((fn.id as AnyNode).name), index)
    }
  }

  /** Checks `object + FIELD` as an address: FIELD must be a field, of the type that the called function accesses. */
  #checkUses(source: Source): void {
    const visit = (node: AnyNode): void => {
      if (node.type === 'CallExpression') this.#checkCall(source, node)
      for (const child of childrenOf(node)) visit(child)
    }
    visit(source.program)
  }

  #checkCall(source: Source, call: AnyNode): void {
    const callee = call.callee as AnyNode
    const called = String(callee.type === 'MemberExpression' ? (callee.property as AnyNode).name : callee.name)
    const queue = this.#queueFunctions.get(called)
    const wanted = queue !== undefined ? 'wait queue' : OF_DOUBLES.has(called) ? 'f64' : 'word'
    if (wanted === 'word' && !OF_WORDS.has(called)) return
    const address = (call.arguments as AnyNode[])[queue ?? 0]
    if (address?.type !== 'BinaryExpression' || address.operator !== '+') return
    const { name } = address.right as AnyNode
    if (!isConstantName(name)) return
    const complain = (problem: string): void => this.#complain(source.file, source.lineOf(address.start), problem)
    const found = this.#fieldOf(source, name)
    if (found === undefined) complain(`${name} is the offset of no field`)
    else if (wanted !== 'word' && found.name !== wanted && found.name !== 'any')
      complain(`${called} expects a ${wanted}, but ${name} is declared as a ${found.name}`)
  }

  #fieldOf(source: Source, name: string): Type | undefined {
    const file = this.#originOf(source, name)?.file
    for (const record of this.records) {
      if (record.file !== file) continue
      const field = record.fields.find(each => each.name === name)
      if (field !== undefined) return field.type
    }
    return undefined
  }

  #complain(file: string, line: number, problem: string): void {
    this.problems.push(`${file}:${line}: ${problem}`)
  }
}

const isEnd = (text: string): boolean => /^end(?::|$)/.test(text)
