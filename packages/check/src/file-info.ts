/**
 * One file as the rules read it: its names, the closures that cross threads with their captures, the control-flow graph
 * of each function, and tsc's answers about types.
 */
import {
  analyse,
  receivingCallOf,
  Captures,
  declarationsOf,
  findSites,
  globalPath,
  inRange,
  isFrozen,
  isFunctionLiteral,
  isStaticName,
  Lines,
  memberName,
  outermost,
  pathOf,
  Purity,
  refusals,
  unwrap,
  type Binding,
  type ClosureNeeds,
  type Node,
  type Refusal,
  type Scopes,
  type Site,
} from '@fearless/compiler/analysis'
import { ASKED_NAMES, CLASSES, FUNCTIONS, GIVING_NAMES, JOINING_NAMES, METHODS, type Operation } from './api.ts'
import { buildGraph } from './flow/build.ts'
import { destinationOf } from './flow/fate.ts'
import type { Graph } from './flow/graph.ts'
import { NO_ANSWERS, type Answers, type CalleeFacts, type Questions, type TypeFacts } from './host/types.ts'
import { contains, functionAround, functionsIn } from './syntax/functions.ts'
import type { Comment, ParsedFile } from './syntax/parse.ts'

const isLibrary = (specifier: string): boolean => /^fearless(?:\/|$)/.test(specifier)

function nameOfCallee(call: Node): string | undefined {
  const callee = unwrap(call.callee)
  return callee.type === 'MemberExpression' ? memberName(callee) : callee.name
}

/** Yields the names between a name and the end of its path: `b` of `a.b.c`. */
function* passedFrom(name: Node): Generator<Node> {
  let part = outermost(name)
  for (let member = part.parent; member?.type === 'MemberExpression' && member.object === part; member = part.parent) {
    part = outermost(member)
    const isPassed = part.parent?.type === 'MemberExpression' && part.parent.object === part
    if (isPassed && !member.computed) yield member.property
  }
}

/** Returns the name of the callee: `lock` of `m.lock()`. */
function calleeName(call: Node): Node | undefined {
  const callee = unwrap(call.callee)
  if (callee.type === 'MemberExpression') return callee.computed ? undefined : callee.property
  return callee.type === 'Identifier' ? callee : undefined
}

export interface ThreadClosure {
  readonly site: Site
  /** The function literal that crosses, if the argument is one. */
  readonly literal: Node | undefined
  /** The call that takes it to another thread: `thread.spawn(...)`, or `move(...)` that no call receives. */
  readonly call: Node | undefined
  readonly moved: boolean
  readonly needs: ClosureNeeds
  /** The captured locals, each with its first use inside the closure. */
  readonly captures: readonly { binding: Binding; node: Node }[]
}

/** The services of a file's project. */
export interface Surroundings {
  /** Returns the file that a specifier refers to, if it is a source of the project. */
  resolve(from: string, specifier: string): string | undefined
  /** Asks tsc about a file. */
  ask(path: string, questions: Questions): Answers | undefined
  /** Whether a file with threads declares a method of this name. */
  isOwnMethod(name: string): boolean
}

const ALONE: Surroundings = { resolve: () => undefined, ask: () => undefined, isOwnMethod: () => false }

export class FileInfo {
  readonly path: string
  readonly text: string
  readonly program: Node
  readonly typescript: boolean
  readonly comments: readonly Comment[]
  readonly scopes: Scopes
  readonly closures: readonly ThreadClosure[]
  /** The refusals of @fearless/compiler. */
  readonly refusals: readonly Refusal[]
  readonly purity: Purity
  #answers = NO_ANSWERS
  #learnt = false
  readonly #graphs = new Map<Node, Graph>()
  readonly #members: readonly Node[]
  readonly #surroundings: Surroundings
  /** The functions whose calls and variables were all asked about. */
  #prepared = new Set<Node>()
  #named: Map<number, Node> | undefined
  #lines: Lines | undefined

  constructor(path: string, parsed: ParsedFile, surroundings: Partial<Surroundings> = {}) {
    this.path = path
    this.#surroundings = { ...ALONE, ...surroundings }
    this.text = parsed.text
    this.program = parsed.program
    this.typescript = parsed.typescript
    this.comments = parsed.comments
    this.scopes = analyse(parsed.program)
    const { sites, misplaced } = findSites(this.scopes)
    this.purity = new Purity(this.scopes, sites, parsed.text)
    const captures = new Captures(this.scopes, this.purity, parsed.text)
    const needs = sites.map(site => captures.needsOf(site))
    this.refusals = [
      ...captures.refusals,
      ...misplaced.map(({ argument, method }) => (method ? refusals.method(argument) : refusals.notLiteral(argument))),
    ]
    this.closures = needs.map(each => this.#threadClosure(each))
    this.#members = this.scopes.calls.flatMap(({ node }) => {
      const name = calleeName(node)
      if (name === undefined || this.globalPath(node.callee) !== undefined) return []
      return ASKED_NAMES.has(name.name) || (this.pathOf(node.callee) === undefined && this.#isLost(node)) ? [name] : []
    })
  }

  /** Whether the result of a call may be lost: it is dropped, returned to a caller that may drop it, or never read. */
  #isLost(call: Node): boolean {
    const fate = destinationOf(call)
    return fate.kind === 'named' ? this.isUnread(fate.id) : fate.kind !== 'used'
  }

  /** Whether the variable of an identifier is written and never read. */
  isUnread(id: Node): boolean {
    const binding = this.declared(id) ?? this.bindingOf(id)
    return (
      binding !== undefined &&
      /^(?:const|let|var)$/.test(binding.kind) &&
      !binding.exported &&
      binding.references.every(({ write, node }) => write && node.parent?.type === 'AssignmentExpression')
    )
  }

  get lines(): Lines {
    return (this.#lines ??= new Lines(this.text))
  }

  graphOf(owner: Node): Graph {
    let graph = this.#graphs.get(owner)
    if (graph === undefined) this.#graphs.set(owner, (graph = buildGraph(this.scopes, owner)))
    return graph
  }

  /** Yields the owners of graphs: the file itself, every function, and the fields of every class. */
  *owners(): Generator<Node> {
    yield this.program
    yield* functionsIn(this.program)
  }

  // Types.

  questions(): Questions {
    const types = new Set<number>()
    const matters = this.#statementsThatMatter()
    for (const [id, binding] of declarationsOf(this.scopes)) {
      if (!isVariable(binding)) continue
      if (binding.scope === this.scopes.module || matters.has(this.#statementAt(id.start))) types.add(id.start)
    }
    for (const { node, binding } of this.scopes.references)
      if (binding !== undefined) for (const at of this.#joinedAt(node, binding)) types.add(at)
    for (const { node, binding } of this.scopes.references) {
      // The type of a guard's value says whether a copy of it can leave.
      let member = binding && outermost(node).parent
      if (member?.type !== 'MemberExpression' || unwrap(member.object) !== node || memberName(member) !== 'value')
        continue
      // So do the types of its parts.
      for (let part = node; member?.type === 'MemberExpression' && unwrap(member.object) === part;) {
        if (!member.computed) types.add(member.property.start)
        part = member
        member = outermost(member).parent
      }
    }
    // Exports of the library itself are known by their path.
    for (const { kind, declaration, references } of this.scopes.module.bindings.values())
      if (kind === 'import' && references.length > 0 && !isLibrary(declaration.source.value))
        types.add(references[0].node.start)
    for (const { node: call } of [...this.scopes.calls, ...this.scopes.news]) {
      if (!GIVING_NAMES.has(nameOfCallee(call) ?? '') && !this.#mayGiveAway(call)) continue
      for (const argument of call.arguments) {
        let part = unwrap(argument)
        while (part.type === 'MemberExpression' && part.computed) part = unwrap(part.object)
        if (part.type === 'MemberExpression') types.add(part.property.start)
      }
    }
    const members = new Set(this.#members.map(({ start }) => start))
    for (const { node: call } of [...this.scopes.calls, ...this.scopes.news])
      if (unwrap(call.callee).type === 'MemberExpression' && this.#mayGiveAway(call))
        members.add(calleeName(call)!.start)
    return { types: [...types], members: [...members] }
  }

  /** Returns the offsets at which a name, or a part of it, needs a type, because it may be a joined handle. */
  #joinedAt(name: Node, binding: Binding): number[] {
    let value = outermost(name)
    let part: Node | undefined
    let isWaited = false
    for (
      let member = value.parent;
      member?.type === 'MemberExpression' && member.object === value;
      member = value.parent
    ) {
      isWaited = JOINING_NAMES.has(memberName(member) ?? '')
      if (isWaited) break
      if (!member.computed) part = member.property
      value = outermost(member)
    }
    const list = value.parent?.type === 'ArrayExpression' ? outermost(value.parent) : value
    isWaited ||= value.parent?.type === 'AwaitExpression'
    isWaited ||=
      list.parent?.type === 'CallExpression' && this.globalPath(list.parent.callee)?.startsWith('Promise.') === true
    if (!isWaited) return []
    return part !== undefined ? [part.start] : isVariable(binding) ? [binding.id.start] : []
  }

  /** Whether a call of a function or a method of the project may move an argument: a name, or a part of a name. */
  #mayGiveAway(call: Node): boolean {
    const callee = unwrap(call.callee)
    if (callee.type === 'Identifier') {
      if (this.scopes.bindingOf(callee) === undefined) return false
    } else if (callee.type !== 'MemberExpression' || callee.computed) return false
    else if (!this.#surroundings.isOwnMethod(callee.property.name)) return false
    if (this.pathOf(callee) !== undefined) return false
    return call.arguments.some((argument: Node) => !/^(?:Literal|TemplateLiteral)$/.test(unwrap(argument).type))
  }

  /** Returns the names of the methods, and of the functions in objects, that the file declares. */
  methodNames(): string[] {
    return [...this.#functions().values()].flatMap(fn => {
      const { parent } = outermost(fn)
      return parent?.type === 'MethodDefinition' || /Property/.test(parent?.type ?? '') ? [parent!.key.name ?? ''] : []
    })
  }

  /**
   * Returns the indices of the module's statements whose names need types: statements that use the library, a handle or
   * another file, and statements that use a declaration of these. In a large file most statements need no types.
   */
  #statementsThatMatter(): Set<number> {
    const found = new Set<number>()
    for (const { node, binding } of this.scopes.references)
      if (
        binding?.kind === 'import' &&
        (isLibrary(binding.declaration.source.value) || binding.declaration.source.value.startsWith('.'))
      )
        found.add(this.#statementAt(node.start))
    for (const { start } of [...this.#members, ...this.scopes.usings]) found.add(this.#statementAt(start))
    const declared = [...this.scopes.module.bindings.values()]
    const byStatement = Map.groupBy(declared, ({ id }) => this.#statementAt(id.start))
    for (const index of found) {
      for (const { references } of byStatement.get(index) ?? [])
        for (const { node } of references) found.add(this.#statementAt(node.start))
    }
    return found
  }

  /** Returns the index of the module's statement that contains an offset. */
  #statementAt(offset: number): number {
    const statements: readonly Node[] = this.program.body
    let low = 0
    let high = statements.length
    while (low + 1 < high) {
      const middle = (low + high) >> 1
      if (statements[middle]!.start <= offset) low = middle
      else high = middle
    }
    return low
  }

  /** Whether `questions()` was answered. */
  get learnt(): boolean {
    return this.#learnt
  }

  learn(answers: Answers | undefined): void {
    this.#learnt = true
    if (answers !== undefined) this.#add(answers)
  }

  /** Discards all answers, because types may have changed. */
  forget(): void {
    this.#learnt = false
    this.#answers = NO_ANSWERS
    this.#prepared = new Set()
  }

  #add(more: Answers): void {
    const known = this.#answers
    this.#answers = {
      ...more,
      types: new Map([...known.types, ...more.types]),
      members: new Map([...known.members, ...more.members]),
      callees: new Map([...known.callees, ...more.callees]),
    }
  }

  /** Asks about every variable and every call of a function. Few rules need these answers. */
  prepare(piece: Node): void {
    for (const known of this.#prepared) if (contains(known, piece)) return
    this.#prepared.add(piece)
    const known = this.#answers
    const within = ({ start, end }: Node): boolean => piece.start <= start && end <= piece.end
    const types = new Set<number>()
    for (const [id, binding] of declarationsOf(this.scopes))
      if (isVariable(binding) && within(id) && !known.types.has(id.start)) types.add(id.start)
    for (const { node } of [...this.scopes.references, ...this.scopes.specials])
      if (within(node)) for (const { start } of passedFrom(node)) if (!known.types.has(start)) types.add(start)
    const members = [...this.scopes.calls, ...this.scopes.news].flatMap(({ node }) => {
      const name = within(node) ? calleeName(node) : undefined
      const isKnown = name === undefined || known.members.has(name.start) || known.callees.has(name.start)
      return isKnown || this.pathOf(node.callee) !== undefined ? [] : [name.start]
    })
    if (types.size === 0 && members.length === 0) return
    const more = this.#surroundings.ask(this.path, { types: [...types], members })
    if (more !== undefined) this.#add(more)
  }

  /** Returns the function or constructor whose name is at an offset: of a declaration, a method or a property. */
  functionNamedAt(at: number): Node | undefined {
    return this.#functions().get(at)
  }

  #functions(): ReadonlyMap<number, Node> {
    if (this.#named === undefined) {
      this.#named = new Map()
      for (const fn of functionsIn(this.program)) {
        const outer = outermost(fn)
        const { parent } = outer
        if (fn.id) this.#named.set(fn.id.start, fn)
        else if (parent?.type === 'VariableDeclarator') this.#named.set(parent.id.start, fn)
        else if (
          /^(?:MethodDefinition|PropertyDefinition|Property)$/.test(parent?.type ?? '') &&
          parent!.value === outer
        ) {
          const owner = parent!.kind === 'constructor' ? parent!.parent?.parent?.id : undefined
          this.#named.set((owner ?? parent!.key).start, fn)
        }
      }
    }
    return this.#named
  }

  factsOf(binding: Binding): TypeFacts | undefined {
    const at = binding.kind === 'import' ? binding.references[0]?.node.start : binding.id.start
    return at === undefined ? undefined : this.#answers.types.get(at)
  }

  factsAt(node: Node): TypeFacts | undefined {
    return this.#answers.types.get(node.start)
  }

  /** Returns the type of a moved field or element. */
  factsOfPart(part: Node): TypeFacts | undefined {
    const node = unwrap(part)
    if (node.type !== 'MemberExpression') {
      const binding = this.bindingOf(node)
      return binding && this.factsOf(binding)
    }
    return node.computed ? this.factsOfPart(node.object)?.element() : this.factsAt(node.property)
  }

  // Names.

  /** Returns the variable that an identifier declares. */
  declared(id: Node): Binding | undefined {
    return declarationsOf(this.scopes).get(id)
  }

  /** Returns all variables, by the identifiers that declare them. */
  declarations(): ReadonlyMap<Node, Binding> {
    return declarationsOf(this.scopes)
  }

  /** Returns the path of the file that an import specifies, if it is a source of the project. */
  resolve(specifier: string): string | undefined {
    return this.#surroundings.resolve(this.path, specifier)
  }

  bindingOf(node: Node): Binding | undefined {
    const value = unwrap(node)
    return value.type === 'Identifier' ? this.scopes.bindingOf(value) : undefined
  }

  /** Returns the path from the library's exports, `mpsc.channel`; undefined for another value. */
  pathOf(node: Node): string | undefined {
    return pathOf(this.scopes, node)
  }

  globalPath(node: Node): string | undefined {
    return globalPath(this.scopes, node)
  }

  /** Returns `Mutex.lock` for a call of a method of the library; undefined for another call. */
  methodOf(call: Node): string | undefined {
    const callee = unwrap(call.callee)
    return callee.type === 'MemberExpression' ? this.#answers.members.get(callee.property.start) : undefined
  }

  /** Returns the table's row of the function, the method or the constructor of the library that a call runs. */
  operationOf(call: Node): Operation | undefined {
    const path = this.pathOf(call.callee)
    if (call.type === 'NewExpression') return path === undefined ? undefined : CLASSES.get(path)?.made
    return path === undefined ? METHODS.get(this.methodOf(call) ?? '') : FUNCTIONS.get(path)
  }

  /** Returns the function or method that a call names, if the library does not declare it. */
  calleeOf(call: Node): CalleeFacts | undefined {
    const name = calleeName(call)
    return name && this.#answers.callees.get(name.start)
  }

  /** Whether the caller of a function literal ignores its result. */
  isCalledForNothing(literal: Node): boolean {
    return this.#answers.isCalledForNothing(literal.start, literal.end)
  }

  /** Returns the closure of a function literal that crosses a thread. */
  closureOf(literal: Node): ThreadClosure | undefined {
    return this.#byLiteral.get(literal)
  }

  readonly #byLiteral = new Map<Node, ThreadClosure>()

  #threadClosure(needs: ClosureNeeds): ThreadClosure {
    const { site } = needs
    const value = unwrap(site.argument)
    const literal = isFunctionLiteral(value) ? value : undefined
    const call = receivingCallOf(site)
    const captures = new Map<Binding, Node>()
    if (literal !== undefined) this.#collect([literal], captures, new Set())
    const closure: ThreadClosure = {
      site,
      literal,
      call,
      moved: site.moved,
      needs,
      captures: [...captures].map(([binding, node]) => ({ binding, node })),
    }
    if (literal !== undefined) this.#byLiteral.set(literal, closure)
    return closure
  }

  /**
   * Collects the captures of a closure: the locals that the closure and its local functions name. A variable of the
   * module is a capture if its value cannot be created again (a handle). Module data is a capture only in the module's
   * own statements, and only if it is neither constant nor exported.
   */
  #collect(pieces: readonly Node[], found: Map<Binding, Node>, seen: Set<Binding>): void {
    const [closure] = pieces
    const piece = pieces.at(-1)!
    for (const { node, binding } of inRange(this.scopes.references, piece.start, piece.end)) {
      if (binding === undefined || found.has(binding) || seen.has(binding)) continue
      const { node: home } = binding.scope
      if (home !== this.program && pieces.some(each => contains(each, home))) continue
      const fn = this.functionOf(binding)
      if (fn !== undefined && binding.writes.length === 0) {
        if (home === this.program) continue
        seen.add(binding)
        this.#collect([...pieces, fn], found, seen)
      } else if (isVariable(binding) && !this.isConstant(binding, closure)) found.set(binding, node)
    }
  }

  /** Whether a variable is a static: one object in all threads, which is never moved. */
  isStatic(binding: Binding): boolean {
    return isStaticName(this.scopes, binding)
  }

  /** Whether a variable of the module has an equal value in every thread, so that a move at `place` moves a copy. */
  isConstant(binding: Binding, place: Node): boolean {
    if (binding.scope !== this.scopes.module) return false
    // A handle is one object, wherever it is named. Data that is only read is equal everywhere.
    const made: Node | undefined = binding.node.init
    if (made && !this.purity.isPure(made) && this.purity.transferOf(binding).way === 'value') return false
    if (functionAround(place) !== undefined || binding.exported) return true
    const { init } = binding.node
    if (!init || binding.kind !== 'const') return binding.kind !== 'using'
    const value = unwrap(init)
    if (value.type === 'CallExpression' && /^(?:threadLocal|struct)$/.test(this.pathOf(value.callee) ?? '')) return true
    return isFrozen(this.scopes, init)
  }

  /** Returns the only function that a name refers to. */
  functionOf(binding: Binding): Node | undefined {
    if (binding.kind === 'function') return binding.node.body ? binding.node : undefined
    if (binding.kind !== 'const' || binding.node.id !== binding.id || !binding.node.init) return undefined
    const value = unwrap(binding.node.init)
    return isFunctionLiteral(value) ? value : undefined
  }
}

const VARIABLES = new Set(['const', 'let', 'var', 'using', 'param', 'catch'])
export const isVariable = ({ kind }: Binding): boolean => VARIABLES.has(kind)
