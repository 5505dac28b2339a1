/**
 * The type host: TypeScript 7 through `typescript/unstable/sync`. Only this file and `ts7-types.ts` use that API.
 *
 * tsc receives some files with additions (`overlay.ts`), so offsets are translated in both directions.
 */
import { ConfigError } from '@fearless/compiler/analysis'
import type { Expression, Node } from 'typescript/unstable/ast'
import { API, type Diagnostic, type NodeHandle, type Project, type Snapshot } from 'typescript/unstable/sync'
import type { Overlay } from './overlay.ts'
import { Symbols, Types } from './ts7-types.ts'
import type { Answers, CalleeFacts, TypeDiagnostic, Declared, Questions, TypeFacts, TypeHost } from './types.ts'

/**
 * The growth of tsc's heap that starts a garbage collection (Go's GOGC), in percent of the live heap. Each edit leaves
 * a program and two type checkers as garbage. Compared with Go's default of 100, 200 costs 14 % less CPU time per edit
 * and a third more memory; 400 costs 28 % less and four fifths more (`npm run bench:check`, 1,000 files).
 */
const GROWTH = '200'

/** The flag of the type `any`. The API declares flags as numbers. */
const ANY = 1

/** The texts that replace files for tsc; undefined for the text on the disk. */
export interface Shown {
  /** Returns a file's text: with additions, or as it was read. */
  textOf(path: string): string | undefined
  overlayOf(path: string): Overlay | undefined
}

export class TypeScript7 {
  readonly #api: API
  readonly #shown: Shown
  readonly #symbols = new Symbols()
  #snapshot: Snapshot | undefined
  /** The snapshots that were replaced and not yet released. */
  readonly #spent: Snapshot[] = []
  #roots: ReadonlySet<string> | undefined

  /** `textOf` is called while tsc reads files, so its work overlaps with tsc's. */
  constructor(folder: string, shown: Shown) {
    this.#shown = shown
    const own = process.env['GOGC']
    process.env['GOGC'] ??= GROWTH
    try {
      this.#api = new API({ cwd: folder, fs: { readFile: path => shown.textOf(path) } })
    } finally {
      if (own === undefined) delete process.env['GOGC']
    }
  }

  /** Returns the files of a configuration. */
  filesOf(config: string): readonly string[] {
    return this.#api.parseConfigFile(config).fileNames
  }

  /** Returns the host of a project for its present files. Earlier hosts become invalid. */
  open(config: string, changed: readonly string[] = []): TypeHost {
    this.tidy()
    const before = this.#snapshot
    this.#snapshot = this.#api.updateSnapshot({
      openProjects: before?.getProject(config) ? [] : [config],
      ...(changed.length > 0 && { fileChanges: { changed: [...changed] } }),
    })
    if (before !== undefined) this.#spent.push(before)
    const project = this.#snapshot.getProject(config)
    if (project === undefined) {
      throw new ConfigError(`TypeScript could not open the project ${config}. Check that \`tsc -p\` accepts this file.`)
    }
    this.#roots ??= new Set(project.rootFiles)
    return new ProjectHost(project, this.#shown, this.#roots, this.#symbols)
  }

  /** Releases the snapshots of earlier hosts. It takes 0.6 ms, so it runs after an answer was sent. */
  tidy(): void {
    for (const snapshot of this.#spent.splice(0)) snapshot.dispose()
  }

  close(): void {
    this.#api.close()
  }
}

class ProjectHost implements TypeHost {
  readonly #project: Project
  readonly #shown: Shown
  readonly #symbols: Symbols
  readonly #types: Types
  /** The files of the project. An editor may open a file that is not among them. */
  readonly #roots: ReadonlySet<string>
  /** The files that the project imports and its configuration does not list. */
  #read: ReadonlySet<string> | undefined

  constructor(project: Project, shown: Shown, roots: ReadonlySet<string>, symbols: Symbols) {
    this.#project = project
    this.#symbols = symbols
    this.#types = new Types(project.checker, symbols)
    this.#shown = shown
    this.#roots = roots
  }

  ask(path: string, questions: Questions): Answers | undefined {
    if (!this.#has(path)) return undefined
    const overlay = this.#shown.overlayOf(path)
    const place = (offset: number): number => overlay?.toCompiler(offset) ?? offset
    const { checker } = this.#project
    const types = new Map<number, TypeFacts>()
    const members = new Map<number, string>()
    const found = questions.types.length > 0 ? checker.getTypeAtPosition(path, questions.types.map(place)) : []
    // For a private name tsc has no type at its location, only the type of its symbol.
    const unknown = [...found.keys()].filter(at => found[at] && found[at].flags & ANY)
    const privates =
      unknown.length > 0
        ? checker.getSymbolAtPosition(
            path,
            unknown.map(at => place(questions.types[at])),
          )
        : []
    for (const [index, at] of unknown.entries()) {
      const symbol = privates[index]
      found[at] = (symbol && checker.getTypeOfSymbol(symbol)) ?? found[at]
    }
    for (const [at, type] of found.entries()) if (type) types.set(questions.types[at], this.#types.factsOf(type))
    const symbols = questions.members.length > 0 ? checker.getSymbolAtPosition(path, questions.members.map(place)) : []
    const callees = new Map<number, CalleeFacts>()
    for (const [at, symbol] of symbols.entries()) {
      if (symbol === undefined) continue
      const owner = this.#symbols.classOf(symbol)
      if (owner !== undefined) members.set(questions.members[at], `${owner}.${symbol.name}`)
      else
        callees.set(
          questions.members[at],
          this.#types.calleeOf(symbol, declaration => this.#nameOf(declaration)),
        )
    }
    return { types, members, callees, isCalledForNothing: (start, end) => this.#isCalledForNothing(path, start, end) }
  }

  #has(path: string): boolean {
    return this.#roots.has(path) || (this.#read ??= new Set(this.files())).has(path)
  }

  #isCalledForNothing(path: string, start: number, end: number): boolean {
    const file = this.#project.program.getSourceFile(path)
    if (file === undefined) return false
    const overlay = this.#shown.overlayOf(path)
    const place = (offset: number): number => overlay?.toCompiler(offset) ?? offset
    const literal = nodeAt(file, place(start), place(end))
    return literal !== undefined && this.#types.expectsNothing(literal as Expression)
  }

  /** Returns the location of a declaration's name in a source of the project. */
  #nameOf(declaration: NodeHandle): Declared | undefined {
    const { path } = declaration
    if (/\.d\.[cm]?ts$/.test(path) || !this.#has(path)) return undefined
    const node = declaration.resolve(this.#project) as (Node & { readonly name?: Node }) | undefined
    const name = node?.name
    if (name === undefined) return undefined
    const at = name.getStart()
    return { path, at: this.#shown.overlayOf(path)?.toSource(at, at).start ?? at }
  }

  moduleAt(path: string, at: number): string | undefined {
    if (!this.#has(path)) return undefined
    const place = this.#shown.overlayOf(path)?.toCompiler(at) ?? at
    const target = this.#project.checker.getSymbolAtPosition(path, place)?.declarations[0]?.path
    return target === undefined || /\/node_modules\/|\.d\.[cm]?ts$/.test(target) ? undefined : target
  }

  complaints(path: string): TypeDiagnostic[] {
    if (!this.#roots.has(path)) return []
    const overlay = this.#shown.overlayOf(path)
    return this.#project.program.getSemanticDiagnostics(path).map(diagnostic => {
      const { pos, end } = diagnostic
      const source = overlay?.toSource(pos, end) ?? { start: pos, end }
      return { ...source, texts: textsOf(diagnostic) }
    })
  }

  files(): readonly string[] {
    return this.#project.program.getSourceFileNames()
  }
}

/** Returns the outermost node with exactly this range. */
function nodeAt(file: Node, start: number, end: number): Node | undefined {
  let at: Node | undefined = file
  while (at !== undefined && !(at.end === end && at.getStart() === start))
    at = at.forEachChild(child => (child.pos <= start && end <= child.end ? child : undefined))
  return at
}

function textsOf(diagnostic: Diagnostic): string[] {
  return [diagnostic.text, ...(diagnostic.messageChain ?? []).flatMap(textsOf)]
}
