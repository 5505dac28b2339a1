/**
 * TypeScript 7, asked through `typescript/unstable/sync`: the only file that knows that API.
 *
 * The compiler is given some files with additions (`overlay.ts`), so offsets are translated on the way in and out.
 */
import {
  API,
  type Checker,
  type Diagnostic,
  type Project,
  type Snapshot,
  type Symbol,
  type Type,
} from 'typescript/unstable/sync'
import type { Overlay } from './overlay.ts'
import type { Answers, Complaint, Crossing, Questions, TypeFacts, TypeHost } from './types.ts'

/** Flags of types, which the API has as numbers. */
const ANY_OR_UNKNOWN = 3
const NEVER = 262144
const PRIMITIVE = 12713980
const SYMBOL_LIKE = 16896
const TYPE_PARAMETER = 524288
const OBJECT = 1048576
const UNION = 134217728
const INTERSECTION = 268435456
const CALL_SIGNATURE = 0
/** A flag of symbols. */
const FUNCTION = 16

/** Handles that are memory and nothing else: a thread that gets one is one more owner. */
const SHARED =
  /^(?:Atomic\w+|Thread|Weak|Barrier|Condvar|Semaphore|Once|OnceLock|LazyLock|ConcurrentMap|FrozenVec|StructMaker|SegQueue|ArrayQueue|CancelToken|AbortToken)$/
/** What its type refuses to send already. */
const BOUND = new Set([
  'Guard',
  'Rc',
  'Wait',
  'PlainWait',
  'Scope',
  'TaskScope',
  'Builder',
  'ThreadLocal',
  'ParIter',
  'TaskHandle',
  'JoinSet',
])

/**
 * How much the compiler's heap may grow before it is collected, in percent of what lives: each edit leaves a program and
 * two type checkers behind. 14 % less CPU time per edit than 100, Go's own choice, for a third more memory; 28 % and four
 * fifths at 400: `npm run bench:check`, 1,000 files.
 */
const GROWTH = '200'

export class TypeScript7 {
  readonly #api: API
  readonly #overlays: Map<string, Overlay>
  #snapshot: Snapshot | undefined
  /** Those that were replaced and not yet released. */
  readonly #spent: Snapshot[] = []
  #roots: ReadonlySet<string> | undefined

  constructor(folder: string, overlays: Map<string, Overlay>) {
    this.#overlays = overlays
    const own = process.env['GOGC']
    process.env['GOGC'] ??= GROWTH
    try {
      this.#api = new API({ cwd: folder, fs: { readFile: path => overlays.get(path)?.text } })
    } finally {
      if (own === undefined) delete process.env['GOGC']
    }
  }

  /** The files that a configuration names. */
  filesOf(config: string): readonly string[] {
    return this.#api.parseConfigFile(config).fileNames
  }

  /** The host of a project, with its files as they are now; earlier hosts are void. */
  open(config: string, changed: readonly string[] = []): TypeHost {
    this.tidy()
    const before = this.#snapshot
    this.#snapshot = this.#api.updateSnapshot({
      openProjects: before?.getProject(config) ? [] : [config],
      ...(changed.length > 0 && { fileChanges: { changed: [...changed] } }),
    })
    if (before !== undefined) this.#spent.push(before)
    const project = this.#snapshot.getProject(config)
    if (project === undefined) throw new Error(`TypeScript does not know the project ${config}`)
    this.#roots ??= new Set(project.rootFiles)
    return new ProjectHost(project, this.#overlays, this.#roots)
  }

  /** Lets go of what earlier hosts were about: 0.6 ms that nobody has to wait for. */
  tidy(): void {
    for (const snapshot of this.#spent.splice(0)) snapshot.dispose()
  }

  close(): void {
    this.#api.close()
  }
}

class ProjectHost implements TypeHost {
  readonly #project: Project
  readonly #overlays: Map<string, Overlay>
  readonly #facts = new Map<number, TypeFacts>()
  readonly #classes = new Map<number, string | undefined>()
  /** An editor may open a file that its project does not have. */
  readonly #roots: ReadonlySet<string>

  constructor(project: Project, overlays: Map<string, Overlay>, roots: ReadonlySet<string>) {
    this.#project = project
    this.#overlays = overlays
    this.#roots = roots
  }

  ask(path: string, questions: Questions): Answers | undefined {
    if (!this.#roots.has(path)) return undefined
    const overlay = this.#overlays.get(path)
    const place = (offset: number): number => overlay?.toCompiler(offset) ?? offset
    const { checker } = this.#project
    const types = new Map<number, TypeFacts>()
    const members = new Map<number, string>()
    const found = questions.types.length > 0 ? checker.getTypeAtPosition(path, questions.types.map(place)) : []
    for (const [at, type] of found.entries()) if (type) types.set(questions.types[at], this.#factsOf(type))
    const symbols = questions.members.length > 0 ? checker.getSymbolAtPosition(path, questions.members.map(place)) : []
    for (const [at, symbol] of symbols.entries()) {
      const owner = symbol && this.#classOf(symbol)
      if (owner !== undefined) members.set(questions.members[at], `${owner}.${symbol!.name}`)
    }
    return { types, members }
  }

  complaints(path: string): Complaint[] {
    if (!this.#roots.has(path)) return []
    const overlay = this.#overlays.get(path)
    return this.#project.program.getSemanticDiagnostics(path).map(diagnostic => {
      const { pos, end } = diagnostic
      const source = overlay?.toSource(pos, end) ?? { start: pos, end }
      return { ...source, texts: textsOf(diagnostic) }
    })
  }

  files(): readonly string[] {
    return this.#project.program.getSourceFileNames()
  }

  #factsOf(type: Type): TypeFacts {
    let facts = this.#facts.get(type.id)
    if (facts === undefined) {
      const { checker } = this.#project
      const name = this.#nameOf(type)
      const isArc = isArcType(type)
      let text: string | undefined
      facts = {
        crossing: this.#crossing(type, name, isArc),
        name,
        isArc,
        callable: (type.flags & OBJECT) !== 0 && name === undefined && isCallable(checker, type),
        text: () => (text ??= checker.typeToString(type)),
      }
      this.#facts.set(type.id, facts)
    }
    return facts
  }

  #crossing(type: Type, name: string | undefined, isArc: boolean): Crossing {
    if (isArc) return 'shared'
    if (type.flags & (ANY_OR_UNKNOWN | NEVER | SYMBOL_LIKE)) return 'unknown'
    if (type.flags & PRIMITIVE) return 'copy'
    if (type.isUnionType()) return worst((type.getTypes() ?? []).map(part => this.#factsOf(part).crossing))
    if (type.isIntersectionType() && (type.getTypes() ?? []).some(part => part.flags & PRIMITIVE)) return 'copy'
    if (name !== undefined) return BOUND.has(name) ? 'unknown' : SHARED.test(name) ? 'shared' : 'moved'
    if (type.flags & TYPE_PARAMETER) {
      const bound = this.#project.checker.getBaseConstraintOfType(type)
      return bound && bound.id !== type.id && bound.flags & PRIMITIVE ? 'copy' : 'moved'
    }
    if (type.flags & OBJECT && isCallable(this.#project.checker, type)) return 'unknown'
    return 'moved'
  }

  /** The class of the library, looked for in a union and inside an `Arc`. */
  #nameOf(type: Type): string | undefined {
    if (isArcType(type)) {
      const [inner] = type.getAliasTypeArguments()
      return (inner && this.#nameOf(inner)) ?? 'Arc'
    }
    if (type.isUnionType()) {
      for (const part of type.getTypes() ?? []) {
        const name = part.flags & PRIMITIVE ? undefined : this.#factsOf(part).name
        if (name !== undefined) return name
      }
      return undefined
    }
    if (!(type.flags & OBJECT)) return undefined
    const symbol = type.getSymbol()
    return symbol && isOurs(symbol) ? symbol.name : undefined
  }

  /** The class that a member of the library belongs to. */
  #classOf(member: Symbol): string | undefined {
    if (!isOurs(member)) return undefined
    if (!this.#classes.has(member.id)) this.#classes.set(member.id, member.getParent()?.name)
    return this.#classes.get(member.id)
  }
}

const isArcType = (type: Type): boolean => {
  if (!(type.flags & (INTERSECTION | OBJECT | UNION))) return false
  const alias = type.getAliasSymbol()
  return alias?.name === 'Arc' && isOurs(alias)
}

/** Types of objects that are certainly no functions: what need not be asked costs 50 µs less, a dozen times per edit. */
const CLASS_OR_LITERAL = 32 | 4096
const BUILT_IN = /^(?:(?:Readonly)?(?:Array|Map|Set)|\w+Array|Promise|Date|RegExp|Error|ArrayBuffer)$/

function isCallable(checker: Checker, type: Type): boolean {
  const symbol = type.getSymbol()
  if (symbol !== undefined && isObject(symbol)) return false
  return checker.getSignaturesOfType(type, CALL_SIGNATURE).length > 0
}

const isObject = ({ flags, name, declarations }: Symbol): boolean =>
  (flags & CLASS_OR_LITERAL) !== 0
    ? (flags & FUNCTION) === 0
    : BUILT_IN.test(name) && /\/lib\.[\w.]*d\.ts$/.test(declarations[0]?.path ?? '')

/** Is it declared by the library itself? */
function isOurs(symbol: Symbol): boolean {
  const path = symbol.declarations[0]?.path
  return path !== undefined && /\/fearless\/(?:dist|src)\//.test(path)
}

/** What is true of a union: one part that is moved moves it. */
function worst(parts: readonly Crossing[]): Crossing {
  for (const crossing of ['moved', 'shared', 'unknown'] as const) if (parts.includes(crossing)) return crossing
  return 'copy'
}

function textsOf(diagnostic: Diagnostic): string[] {
  return [diagnostic.text, ...(diagnostic.messageChain ?? []).flatMap(textsOf)]
}
