/**
 * Compares the library's table (packages/fearless/src/api.ts) with the library's declarations: each export, each class
 * that an export returns, and each method with a property that the compiler or the checker must know.
 */
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { CLASSES, functionParametersOf, FUNCTIONS, METHODS, PLAIN, type Class, type Operation } from 'fearless/api'
import type { ParameterDeclaration, Signature, Symbol, Type } from 'typescript-5.9'
import { packageOf } from './compilers.ts'

const ts = createRequire(import.meta.url)(packageOf('5.9')) as typeof import('typescript-5.9')
const index = fileURLToPath(import.meta.resolve('fearless')).replace(/\.js$/, '.d.ts')

/** The part of a row that a declaration determines. */
interface Facts {
  readonly waits: boolean
  readonly gives: string | undefined
  /** The parameters that take a function. */
  readonly functions: readonly number[]
  readonly orValue: boolean
  readonly passes: string | undefined
  /** The parameter that is a `Scope`. */
  readonly scope: number | undefined
  /** The parameters whose type demands that the value may cross: it is moved, or copied. */
  readonly sent: readonly number[]
  /** The function's method returns a read-only snapshot. */
  readonly isSnapshot: boolean
  /** The arguments after the function cross, too. */
  readonly sendsRest: boolean
  /** The function's result crosses, or runs in parallel. */
  readonly runsElsewhere: boolean
}

const NOTHING: Facts = {
  waits: false,
  gives: undefined,
  functions: [],
  orValue: false,
  passes: undefined,
  scope: undefined,
  sent: [],
  isSnapshot: false,
  sendsRest: false,
  runsElsewhere: false,
}
/** Classes of the language that a row names. */
const OF_LANGUAGE = new Set(['IterableIterator', 'ReadableStream'])
/** Functions whose result is a function, which the table calls a closure. */
const GIVES_UNTYPED = new Map([
  ['move', 'closure'],
  ['closure', 'closure'],
])
/** Functions that end a handle that they are given. */
const ENDS_ARGUMENT = new Set(['drop', 'SemaphorePermit.merge'])
/** A method whose snapshot is of a channel, which no lock protects. */
const OF_A_CHANNEL = 'WatchReceiver.waitFor'
/** Functions of another thread without a type that shows it. */
const RUNS_ELSEWHERE = /^(?:move|closure|LazyLock|ParIter\.(?!takeAny|sum|count|min$|max$|collect)\w+)$/

class Library {
  readonly functions = new Map<string, Facts>()
  readonly methods = new Map<string, Facts>()
  readonly classes = new Map<string, { made: Facts | undefined; type: Type }>()
  readonly plain = new Set<string>()
  /** The classes of the receivers that a function returns with a sender, by the class of the sender. */
  readonly #receivers = new Map<string, Set<string>>()
  readonly #program = ts.createProgram([index], {
    strict: true,
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.NodeNext,
    allowImportingTsExtensions: true,
    noEmit: true,
  })
  readonly checker = this.#program.getTypeChecker()

  constructor() {
    const file = this.#program.getSourceFile(index)!
    for (const symbol of this.checker.getExportsOfModule(this.checker.getSymbolAtLocation(file)!))
      this.#visit(symbol, symbol.name)
  }

  #visit(symbol: Symbol, path: string): void {
    const { checker } = this
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    if (target.flags & ts.SymbolFlags.Module) {
      const isFunction = (target.flags & ts.SymbolFlags.Function) !== 0
      for (const inner of checker.getExportsOfModule(target)) {
        // The constants of a function, such as `struct.f64`, are values without an operation.
        if (!isFunction || this.#isCallable(inner)) this.#visit(inner, `${path}.${inner.name}`)
      }
      if (!isFunction) return
    }
    if (target.flags & ts.SymbolFlags.Class) return this.#addClass(target)
    const type = target.flags & ts.SymbolFlags.Value ? checker.getTypeOfSymbol(target) : undefined
    const calls = type?.getCallSignatures() ?? []
    const made = type?.getConstructSignatures() ?? []
    if (calls.length > 0) this.functions.set(path, this.#factsOf(calls))
    if (made.length > 0)
      this.classes.set(path, { made: this.#factsOfConstructor(made), type: made[0]!.getReturnType() })
    const statics = (type?.getProperties() ?? []).filter(
      each => checker.getTypeOfSymbol(each).getCallSignatures().length > 0,
    )
    for (const each of statics)
      this.functions.set(`${path}.${each.name}`, this.#factsOf(checker.getTypeOfSymbol(each).getCallSignatures()))
    if (target.flags & ts.SymbolFlags.Interface && this.#crosses(checker.getDeclaredTypeOfSymbol(target)))
      this.#addClass(target)
    else if (calls.length === 0 && made.length === 0 && statics.length === 0) this.plain.add(path)
  }

  #isCallable(symbol: Symbol): boolean {
    return this.checker.getTypeOfSymbol(symbol).getCallSignatures().length > 0
  }

  /** The marker types of users' own classes are no classes of the library. */
  #crosses(type: Type): boolean {
    return (
      !/^(?:Sendable|ThreadBound)$/.test(type.getSymbol()!.name) &&
      type.getProperties().some(({ name }) => name.startsWith('__@crossing'))
    )
  }

  #addClass(symbol: Symbol): void {
    const { checker } = this
    if (this.classes.has(symbol.name)) return
    const declared = checker.getDeclaredTypeOfSymbol(symbol)
    const value = symbol.valueDeclaration && checker.getTypeOfSymbol(symbol)
    const row = { made: undefined as Facts | undefined, type: declared }
    this.classes.set(symbol.name, row)
    row.made = value && this.#constructorOf(symbol, value)
    for (const each of value?.getProperties() ?? []) {
      const isOwn = (each as Symbol & { parent?: Symbol }).parent === symbol && isPublic(each)
      const calls = isOwn ? checker.getTypeOfSymbol(each).getCallSignatures() : []
      if (calls.length > 0) this.functions.set(`${symbol.name}.${each.name}`, this.#factsOf(calls))
    }
    for (const each of declared.getProperties()) {
      const owner = (each as Symbol & { parent?: Symbol }).parent
      const calls = checker.getTypeOfSymbol(each).getCallSignatures()
      if (owner === undefined || calls.length === 0 || !isPublic(each)) continue
      this.methods.set(`${owner.name}.${each.name}`, this.#factsOf(calls))
    }
  }

  /** Returns the facts of a constructor, if its class is exported as a value. */
  #constructorOf(symbol: Symbol, value: Type): Facts | undefined {
    const file = this.#program.getSourceFile(index)!
    const exported = this.checker
      .getExportsOfModule(this.checker.getSymbolAtLocation(file)!)
      .find(({ name }) => name === symbol.name)
    const isType = exported?.declarations?.some(each => ts.isExportSpecifier(each) && each.isTypeOnly) ?? true
    return isType ? undefined : this.#factsOfConstructor(value.getConstructSignatures())
  }

  #factsOfConstructor(signatures: readonly Signature[]): Facts {
    return { ...this.#factsOf(signatures), gives: undefined }
  }

  /** Yields the disagreements of a row with the type of its class. */
  *misjudged(name: string, row: Class, type: Type): Generator<string> {
    const { checker } = this
    const property = (of: Type, key: RegExp): Type | undefined => {
      const found = of.getProperties().find(each => key.test(each.name))
      return found && checker.getTypeOfSymbol(found)
    }
    const verdict = property(type, /^__@crossing/)
    const refuses = (key: RegExp): boolean => {
      const rule = verdict && property(verdict, key)
      return rule?.isStringLiteral() === true && rule.value.startsWith('never')
    }
    const sends = verdict === undefined ? undefined : !refuses(/^send$/)
    if (sends === false && row.crosses !== 'never') yield `${name} crosses as ${row.crosses}, and its type says never`
    if (sends === true && row.crosses === 'never') yield `${name} crosses as never, and its type says moved`
    if (row.crosses === 'shared' && refuses(/^sync$/)) yield `${name} crosses as shared, and its type says moved`
    if (name.endsWith('Guard') !== (row.guard !== undefined)) yield `${name} is a guard, or is not`
    const isHandle = property(type, /^join$/) !== undefined && property(type, /^then$/) !== undefined
    if (isHandle !== (row.handleOf !== undefined)) yield `${name} is the handle of a thread or a task, or is not`
    const isLooped = [...(this.#receivers.get(name) ?? [])].some(
      each => property(this.classes.get(each)!.type, /^__@asyncIterator/) !== undefined,
    )
    if (isLooped !== (row.keepsOpen === true)) yield `${name} keeps a loop over its receiver open, or does not`
  }

  #factsOf(signatures: readonly Signature[]): Facts {
    const all = signatures.map(signature => this.#factsOfOne(signature))
    return {
      waits: all.some(({ waits }) => waits),
      gives: all.find(({ gives }) => gives !== undefined)?.gives,
      functions: all.find(({ functions }) => functions.length > 0)?.functions ?? [],
      orValue: all.some(({ orValue }) => orValue),
      passes: all.find(({ passes }) => passes !== undefined)?.passes,
      scope: all.find(({ scope }) => scope !== undefined)?.scope,
      sent: all.find(({ sent }) => sent.length > 0)?.sent ?? [],
      isSnapshot: all.some(({ isSnapshot }) => isSnapshot),
      sendsRest: all.some(({ sendsRest }) => sendsRest),
      runsElsewhere: all.some(({ runsElsewhere }) => runsElsewhere),
    }
  }

  #factsOfOne(signature: Signature): Facts {
    const { checker } = this
    const result = signature.getReturnType()
    const waits = isWait(result)
    const facts = {
      ...NOTHING,
      waits,
      gives: this.#classOf(waits ? (typeArguments(checker, result)[0] ?? result) : result),
    }
    const functions: number[] = []
    const sent: number[] = []
    let { orValue, passes, scope, sendsRest, runsElsewhere } = facts
    for (const [at, parameter] of signature.getParameters().entries()) {
      const type = checker.getTypeOfSymbol(parameter)
      const declared = (parameter.valueDeclaration as ParameterDeclaration | undefined)?.type?.getText() ?? ''
      if (/^Send(?:Sync)?</.test(declared)) sent.push(at)
      if (declared.startsWith('SendArgs<')) sendsRest = true
      if (type.getSymbol()?.name === 'Scope') scope = at
      const calls = callsIn(type)
      if (calls.length === 0) continue
      functions.push(at)
      if (
        type.isUnion() &&
        type.types.some(
          each => callsIn(each).length === 0 && !(each.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Null)),
        )
      )
        orValue = true
      const [first] = calls[0]!.getParameters()
      passes ??= first && this.#classOf(checker.getTypeOfSymbol(first))
      if (/\b(?:SendResult|InParallel|ParallelResult)</.test(declared)) runsElsewhere = true
    }
    const isSnapshot = functions.length > 0 && /\bSnapshot</.test(signature.getDeclaration()?.type?.getText() ?? '')
    return { ...facts, functions, sent, orValue, passes, scope, isSnapshot, sendsRest, runsElsewhere }
  }

  /**
   * Returns the library's class of a type, of a list's elements, and of a union with `undefined`; of a pair, both
   * classes.
   */
  #classOf(type: Type): string | undefined {
    const { checker } = this
    if (type.aliasSymbol?.name === 'Arc') return 'Arc'
    if (type.isUnion()) return this.#classOf(type.types.find(each => !(each.flags & ts.TypeFlags.Undefined)) ?? type)
    if (checker.isTupleType(type)) {
      const names = typeArguments(checker, type).map(each => this.#classOf(each))
      const [sender, receiver] = names
      if (sender === undefined || receiver === undefined) return undefined
      this.#receivers.set(sender, (this.#receivers.get(sender) ?? new Set()).add(receiver))
      return names.join()
    }
    if (checker.isArrayType(type)) return this.#classOf(typeArguments(checker, type)[0]!)
    const symbol = type.getSymbol()
    if (symbol === undefined) return undefined
    if (OF_LANGUAGE.has(symbol.name)) return symbol.name
    const isOurs = symbol.declarations?.some(each => /\/fearless\/dist\//.test(each.getSourceFile().fileName)) === true
    const isClass = isOurs && (symbol.flags & ts.SymbolFlags.Class) !== 0
    if (
      !isClass &&
      !(isOurs && symbol.flags & ts.SymbolFlags.Interface && this.#crosses(checker.getDeclaredTypeOfSymbol(symbol)))
    )
      return undefined
    this.#addClass(symbol)
    return symbol.name
  }
}

const typeArguments = (checker: import('typescript-5.9').TypeChecker, type: Type): readonly Type[] =>
  checker.getTypeArguments(type as import('typescript-5.9').TypeReference)

/** Whether a type is a `Wait`. The handles of threads and tasks do not count, because a program may drop them. */
const isWait = (type: Type): boolean =>
  ['try', 'wait', 'then'].every(name => type.getProperty(name) !== undefined) && type.getProperty('join') === undefined

const isPublic = (symbol: Symbol): boolean =>
  !symbol.name.startsWith('__') &&
  symbol.name !== 'prototype' &&
  !symbol.getJsDocTags().some(({ name }) => name === 'internal')

function callsIn(type: Type): readonly Signature[] {
  return type.isUnionOrIntersection() ? type.types.flatMap(callsIn) : type.getCallSignatures()
}

/** Whether a method needs a row, because a tool must know more than its name. */
const needsRow = ({ waits, gives, functions, sent }: Facts): boolean =>
  waits || gives !== undefined || functions.length > 0 || sent.length > 0

/** Returns the part of a row that its declaration must confirm. */
function factsOfRow(row: Operation): Facts {
  const { waits, gives, runs, orValue, passes, scope, spawns, moves, copies, snapshot } = row
  const sent = moves ?? copies
  return {
    waits: waits === true,
    gives: typeof gives === 'object' ? gives.join() : gives,
    functions: functionParametersOf(row),
    orValue: orValue === true,
    passes,
    scope,
    sent: sent === undefined ? [] : [sent],
    isSnapshot: snapshot === 'always',
    sendsRest: spawns === 'thread',
    runsElsewhere: runs === 'move' || runs === 'borrow',
  }
}

interface Tables {
  readonly functions: ReadonlyMap<string, Operation>
  readonly methods: ReadonlyMap<string, Operation>
  readonly classes: ReadonlyMap<string, Class>
  readonly plain: ReadonlySet<string>
}

const TABLES: Tables = { functions: FUNCTIONS, methods: METHODS, classes: CLASSES, plain: PLAIN }
const library = new Library()

/** Returns a sentence for each disagreement of a row with its declaration. */
function differences({ functions, methods, classes, plain }: Tables): string[] {
  const found: string[] = []
  const compare = (name: string, row: Operation | undefined, declared: Facts | undefined): void => {
    if (declared === undefined) return void found.push(`${name} is not declared`)
    if (row === undefined) return void found.push(`${name} has no row`)
    const facts = factsOfRow(row)
    const expected = {
      ...declared,
      gives: GIVES_UNTYPED.get(name) ?? declared.gives,
      sent: ENDS_ARGUMENT.has(name) ? [0] : declared.sent,
      isSnapshot: declared.isSnapshot && name !== OF_A_CHANNEL,
      runsElsewhere: declared.runsElsewhere || RUNS_ELSEWHERE.test(name),
    }
    for (const key of Object.keys(facts) as (keyof Facts)[])
      if (String(facts[key]) !== String(expected[key]))
        found.push(`${name}: ${key} is ${String(expected[key])}, and its row says ${String(facts[key])}`)
  }
  for (const name of new Set([...functions.keys(), ...library.functions.keys()]))
    compare(name, functions.get(name), library.functions.get(name))
  for (const [name, declared] of library.methods)
    if (methods.has(name) || needsRow(declared)) compare(name, methods.get(name), declared)
  for (const name of methods.keys()) if (!library.methods.has(name)) found.push(`${name} is not declared`)
  for (const name of new Set([...classes.keys(), ...library.classes.keys()])) {
    const row = classes.get(name)
    const declared = library.classes.get(name)
    if (row === undefined || declared === undefined) compare(name, row && {}, declared && NOTHING)
    else {
      if (row.made !== undefined || declared.made !== undefined) compare(name, row.made, declared.made)
      found.push(...library.misjudged(name, row, declared.type))
    }
  }
  for (const name of plain) if (!library.plain.has(name)) found.push(`${name} is not declared`)
  for (const name of library.plain) if (!plain.has(name)) found.push(`${name} has no row`)
  return found
}

test('each export, each class and each method that waits, returns a class or takes a function has a row that its declaration confirms', () => {
  assert.ok(library.methods.size > 200, `only ${library.methods.size} methods were found`)
  assert.deepEqual(differences(TABLES), [])
})

const without = <Row>(table: ReadonlyMap<string, Row>, name: string): Map<string, Row> =>
  new Map([...table].filter(([key]) => key !== name))

test('the comparison reports a missing, a superfluous and a wrong row', () => {
  const wrong: readonly (readonly [Partial<Tables>, string])[] = [
    [{ functions: without(FUNCTIONS, 'thread.park') }, 'thread.park has no row'],
    [{ functions: new Map([...FUNCTIONS, ['par.pool', {}]]) }, 'par.pool is not declared'],
    [{ methods: without(METHODS, 'RwLock.getMut') }, 'RwLock.getMut has no row'],
    [{ methods: without(METHODS, 'ParIter.minBy') }, 'ParIter.minBy has no row'],
    [{ methods: new Map([...METHODS, ['Mutex.tryLock', {}]]) }, 'Mutex.tryLock is not declared'],
    [{ methods: new Map([...METHODS, ['Sender.send', { moves: 1 }]]) }, 'Sender.send: sent is 0, and its row says 1'],
    [
      { methods: new Map([...METHODS, ['Barrier.arrive', {}]]) },
      'Barrier.arrive: waits is true, and its row says false',
    ],
    [{ classes: without(CLASSES, 'ArcMut') }, 'ArcMut has no row'],
    [{ classes: new Map([...CLASSES, ['CancelToken', { crosses: 'shared' }]]) }, 'CancelToken is not declared'],
    [
      { classes: new Map([...CLASSES, ['ArcMut', { crosses: 'moved' }]]) },
      'ArcMut crosses as moved, and its type says never',
    ],
    [
      { classes: new Map([...CLASSES, ['Vec', { crosses: 'shared' }]]) },
      'Vec crosses as shared, and its type says moved',
    ],
    [{ plain: new Set([...PLAIN].filter(name => name !== 'MapKey')) }, 'MapKey has no row'],
  ]
  for (const [change, expected] of wrong) assert.deepEqual(differences({ ...TABLES, ...change }), [expected])
})

// No declaration says whether a function may outlive the call.
test('exactly these functions run in a thread that may outlive the call', () => {
  const outlives = ([name, { runs }]: readonly [string, Operation]): string[] => (runs === 'move' ? [name] : [])
  const made = [...CLASSES].flatMap(([name, row]) => (row.made === undefined ? [] : outlives([name, row.made])))
  assert.deepEqual(
    [...[...FUNCTIONS].flatMap(outlives), ...[...METHODS].flatMap(outlives), ...made],
    ['thread.spawn', 'move', 'Builder.spawn', 'ThreadPool.run', 'PoolBuilder.run', 'LazyLock'],
  )
})
