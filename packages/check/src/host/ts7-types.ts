/**
 * Classifies a type of TypeScript 7 as moved, shared, copied or unknown. Lazy, because most variables are never moved
 * and each step is a round trip to tsc.
 */
import type { Expression } from 'typescript/unstable/ast'
import type { Checker, NodeHandle, Symbol, Type, TypeReference } from 'typescript/unstable/sync'
import { CLASSES } from '../api.ts'
import type { CalleeFacts, Crossing, Declared, TypeFacts } from './types.ts'

/** Flags of types. The API declares them as numbers. */
const ANY_OR_UNKNOWN = 3
const VOID = 16
const NEVER = 262144
const PRIMITIVE = 12713980
const SYMBOL_LIKE = 16896
const TYPE_PARAMETER = 524288
const OBJECT = 1048576
const UNION = 134217728
const INTERSECTION = 268435456
const CALL_SIGNATURE = 0
/** Flags of objects. */
const REFERENCE = 4
const ANONYMOUS = 16
const MAPPED = 32
/** Flags of symbols. */
const FUNCTION = 16
const CLASS_OR_LITERAL = 32 | 4096
const ALIAS = 2097152

/** Types of the language that are never functions. Each question that is saved is worth 50 µs. */
const BUILT_IN = /^(?:(?:Readonly)?(?:Array|Map|Set)|\w+Array|Promise|Date|RegExp|Error|ArrayBuffer)$/

/** The facts about a symbol. */
interface Known {
  readonly name: string
  readonly flags: number
  /** The library itself declares it. */
  readonly ours: boolean
  /** The language declares it, in one of TypeScript's own files. */
  readonly builtIn: boolean
}

/**
 * A cache of symbols by number. tsc keeps the numbers of symbols in declaration files as long as it keeps the files, so
 * these entries survive edits. This saves 8 of the 11 questions about symbols that an edit had to ask.
 */
export class Symbols {
  readonly #lasting = new Map<number, Known>()
  readonly #classes = new Map<number, string | undefined>()

  /** Returns the facts about a symbol. `id` is its number, if the API shows it; `ask` requests the symbol from tsc. */
  known(id: number | undefined, ask: () => Symbol | undefined): Known | undefined {
    const lasting = id === undefined ? undefined : this.#lasting.get(id)
    if (lasting !== undefined) return lasting
    const symbol = ask()
    if (symbol === undefined) return undefined
    const path = symbol.declarations[0]?.path ?? ''
    const known = {
      name: symbol.name,
      flags: symbol.flags,
      ours: /\/fearless\/(?:dist|src)\//.test(path),
      builtIn: /\/lib\.[\w.]*d\.ts$/.test(path),
    }
    if (/\.d\.[cm]?ts$/.test(path)) this.#lasting.set(symbol.id, known)
    return known
  }

  /** Returns the class of the library that declares a member. */
  classOf(member: Symbol): string | undefined {
    return this.known(member.id, () => member)?.ours ? this.#ownerOf(member) : undefined
  }

  /** Returns `Array.push` for a member that the language declares. */
  builtInOf(member: Symbol): string | undefined {
    return this.known(member.id, () => member)?.builtIn ? `${this.#ownerOf(member)}.${member.name}` : undefined
  }

  #ownerOf(member: Symbol): string | undefined {
    const id = numberOf(member, 'parent')
    if (id === undefined || !this.#classes.has(id)) {
      const name = member.getParent()?.name
      if (id === undefined) return name
      this.#classes.set(id, name)
    }
    return this.#classes.get(id)
  }
}

/**
 * Returns a number that the API's objects have and its types do not declare. Without it, one more question is needed.
 */
function numberOf(of: object, key: string): number | undefined {
  const value: unknown = Reflect.get(of, key)
  return typeof value === 'number' ? value : undefined
}

/** The types of one snapshot. */
export class Types {
  readonly #checker: Checker
  readonly #symbols: Symbols
  readonly #facts = new Map<number, Facts>()
  readonly #callees = new Map<number, Callee>()
  /** The symbols by generic type, because all its instances share one: all arrays, for example. */
  readonly #generic = new Map<number, Known | undefined>()

  constructor(checker: Checker, symbols: Symbols) {
    this.#checker = checker
    this.#symbols = symbols
  }

  factsOf(type: Type): TypeFacts {
    let facts = this.#facts.get(type.id)
    if (facts === undefined) this.#facts.set(type.id, (facts = new Facts(type, this)))
    return facts
  }

  /** Returns the facts about a callee. `place` returns the location of a declaration's name. */
  calleeOf(symbol: Symbol, place: (declaration: NodeHandle) => Declared | undefined): CalleeFacts {
    let callee = this.#callees.get(symbol.id)
    if (callee === undefined) this.#callees.set(symbol.id, (callee = new Callee(symbol, this, place)))
    return callee
  }

  builtInOf(symbol: Symbol): string | undefined {
    return this.#symbols.builtInOf(symbol)
  }

  /** Resolves the symbol of an import. */
  originOf(symbol: Symbol): Symbol {
    return symbol.flags & ALIAS ? this.#checker.getAliasedSymbol(symbol) : symbol
  }

  /** Returns the library's class of a function's result; `never` if the function does not return. */
  givenBy(symbol: Symbol): string | undefined {
    const type = this.#checker.getTypeOfSymbol(symbol)
    for (const signature of type ? this.#checker.getSignaturesOfType(type, CALL_SIGNATURE) : []) {
      const result = this.#checker.getReturnTypeOfSignature(signature)
      if (result && result.flags & NEVER) return 'never'
      const name = result && this.factsOf(result).name
      if (name !== undefined) return name
    }
    return undefined
  }

  /** Whether the contextual type of a function literal has the result `void`. */
  expectsNothing(literal: Expression): boolean {
    const type = this.#checker.getContextualType(literal)
    const wanted = type && this.#checker.getNonNullableType(type)
    const signatures = wanted ? this.#checker.getSignaturesOfType(wanted, CALL_SIGNATURE) : []
    return (
      signatures.length > 0 &&
      signatures.every(signature => {
        const result = this.#checker.getReturnTypeOfSignature(signature)
        return result !== undefined && (result.flags & VOID) !== 0
      })
    )
  }

  textOf(type: Type): string {
    return this.#checker.typeToString(type)
  }

  isArc(type: Type): boolean {
    if (!(type.flags & (INTERSECTION | OBJECT | UNION))) return false
    const id = numberOf(type, 'aliasSymbol')
    // Most types have no alias.
    if (id === undefined && 'aliasSymbol' in type) return false
    const alias = this.#symbols.known(id, () => type.getAliasSymbol())
    return alias !== undefined && alias.name === 'Arc' && alias.ours
  }

  /** Returns the library's class of a type, also of a member of a union and inside an `Arc`. */
  nameOf(type: Type): string | undefined {
    if (this.isArc(type)) {
      const [inner] = type.getAliasTypeArguments()
      return (inner && this.factsOf(inner).name) ?? 'Arc'
    }
    if (type.isUnionType()) {
      for (const part of type.getTypes() ?? []) {
        const name = part.flags & PRIMITIVE ? undefined : this.factsOf(part).name
        if (name !== undefined) return name
      }
      return undefined
    }
    const symbol = type.flags & OBJECT ? this.#symbolOf(type) : undefined
    return symbol?.ours ? symbol.name : undefined
  }

  /** Whether a type is a guard. `Guard<T>` is an instance of a generic class, so other types need no question. */
  isGuard(type: Type): boolean {
    if (type.isUnionType())
      return (type.getTypes() ?? []).some(part => !(part.flags & PRIMITIVE) && this.factsOf(part).isGuard)
    if (genericOf(type) === undefined) return false
    const symbol = this.#symbolOf(type)
    return symbol !== undefined && symbol.ours && CLASSES.get(symbol.name)?.guard !== undefined
  }

  elementOf(type: Type): TypeFacts | undefined {
    const symbol = type.flags & OBJECT ? this.#symbolOf(type) : undefined
    if (symbol === undefined || !symbol.builtIn || !/^(?:Readonly)?Array$/.test(symbol.name)) return undefined
    const [element] = this.#checker.getTypeArguments(type as TypeReference)
    return element && this.factsOf(element)
  }

  crossing(type: Type, facts: TypeFacts): Crossing {
    if (type.flags & (ANY_OR_UNKNOWN | NEVER | SYMBOL_LIKE)) return 'unknown'
    if (type.flags & PRIMITIVE) return 'copy'
    if (facts.isArc) return 'shared'
    if (type.isUnionType()) return worst((type.getTypes() ?? []).map(part => this.factsOf(part).crossing))
    if (type.isIntersectionType() && (type.getTypes() ?? []).some(part => part.flags & PRIMITIVE)) return 'copy'
    const { name } = facts
    if (name !== undefined) {
      const crosses = CLASSES.get(name)?.crosses ?? 'moved'
      return crosses === 'never' ? 'unknown' : crosses
    }
    if (type.flags & TYPE_PARAMETER) {
      const bound = this.#checker.getBaseConstraintOfType(type)
      return bound && bound.id !== type.id && bound.flags & PRIMITIVE ? 'copy' : 'moved'
    }
    return type.flags & OBJECT && this.#isCallable(type) ? 'unknown' : 'moved'
  }

  #isCallable(type: Type): boolean {
    const objectFlags = type.isObjectType() ? type.objectFlags : 0
    if (objectFlags & MAPPED) return false
    const symbol = this.#symbolOf(type)
    if (symbol !== undefined) {
      const { flags, name, builtIn } = symbol
      if (flags & FUNCTION) {
        if (objectFlags & ANONYMOUS) return true
      } else if (flags & CLASS_OR_LITERAL || (builtIn && BUILT_IN.test(name))) return false
    }
    return this.#checker.getSignaturesOfType(type, CALL_SIGNATURE).length > 0
  }

  #symbolOf(type: Type): Known | undefined {
    const ask = (): Known | undefined => this.#symbols.known(numberOf(type, 'symbol'), () => type.getSymbol())
    const generic = genericOf(type)
    if (generic === undefined) return ask()
    if (!this.#generic.has(generic)) this.#generic.set(generic, ask())
    return this.#generic.get(generic)
  }
}

/** Returns the number of the generic type of an instance; undefined for another type. */
function genericOf(type: Type): number | undefined {
  if (!type.isObjectType() || !(type.objectFlags & REFERENCE)) return undefined
  const target = numberOf(type, 'target')
  return target === type.id ? undefined : target
}

class Facts implements TypeFacts {
  readonly #type: Type
  readonly #types: Types
  #isArc: boolean | undefined
  /** `null` for none. */
  #name: string | null | undefined
  #crossing: Crossing | undefined
  #isGuard: boolean | undefined
  #text: string | undefined

  constructor(type: Type, types: Types) {
    this.#type = type
    this.#types = types
  }

  get isArc(): boolean {
    return (this.#isArc ??= this.#types.isArc(this.#type))
  }

  get name(): string | undefined {
    if (this.#name === undefined) this.#name = this.#types.nameOf(this.#type) ?? null
    return this.#name ?? undefined
  }

  get isGuard(): boolean {
    return (this.#isGuard ??= this.#types.isGuard(this.#type))
  }

  get crossing(): Crossing {
    return (this.#crossing ??= this.#types.crossing(this.#type, this))
  }

  element(): TypeFacts | undefined {
    return this.#types.elementOf(this.#type)
  }

  text(): string {
    return (this.#text ??= this.#types.textOf(this.#type))
  }
}

class Callee implements CalleeFacts {
  readonly #symbol: Symbol
  readonly #types: Types
  readonly #place: (declaration: NodeHandle) => Declared | undefined
  /** `null` for none. */
  #gives: string | null | undefined
  #declared: Declared | null | undefined

  constructor(symbol: Symbol, types: Types, place: (declaration: NodeHandle) => Declared | undefined) {
    this.#symbol = symbol
    this.#types = types
    this.#place = place
  }

  get builtIn(): string | undefined {
    return this.#types.builtInOf(this.#symbol)
  }

  gives(): string | undefined {
    if (this.#gives === undefined)
      this.#gives =
        this.builtIn === undefined ? (this.#types.givenBy(this.#types.originOf(this.#symbol)) ?? null) : null
    return this.#gives ?? undefined
  }

  declared(): Declared | undefined {
    if (this.#declared === undefined) {
      const [declaration] = this.builtIn === undefined ? this.#types.originOf(this.#symbol).declarations : []
      this.#declared = (declaration && this.#place(declaration)) ?? null
    }
    return this.#declared ?? undefined
  }
}

/** Returns the class of a union: moved if one member is moved, then shared, then unknown. */
function worst(parts: readonly Crossing[]): Crossing {
  for (const crossing of ['moved', 'shared', 'unknown'] as const) if (parts.includes(crossing)) return crossing
  return 'copy'
}
