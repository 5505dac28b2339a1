/**
 * What a type of TypeScript 7 means to a thread, found out when it is asked for: most names are never given away, and
 * each step of finding out asks the compiler anew.
 */
import type { Expression } from 'typescript/unstable/ast'
import type { Checker, NodeHandle, Symbol, Type, TypeReference } from 'typescript/unstable/sync'
import { CLASSES } from '../api.ts'
import type { CalleeFacts, Crossing, Declared, TypeFacts } from './types.ts'

/** Flags of types, which the API has as numbers. */
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

/** Types of the language that are certainly no functions: what need not be asked costs 50 µs less. */
const BUILT_IN = /^(?:(?:Readonly)?(?:Array|Map|Set)|\w+Array|Promise|Date|RegExp|Error|ArrayBuffer)$/

/** What is known of a symbol. */
interface Known {
  readonly name: string
  readonly flags: number
  /** It is declared by the library itself. */
  readonly ours: boolean
  /** It is declared by the language, in one of TypeScript's own files. */
  readonly builtIn: boolean
}

/**
 * The symbols that were asked about. The compiler keeps the numbers of those in declaration files for as long as it
 * keeps the files, so they are known over all edits: 8 of the 11 questions that an edit had to ask about symbols.
 */
export class Symbols {
  readonly #lasting = new Map<number, Known>()
  readonly #classes = new Map<number, string | undefined>()

  /** `id` is the symbol's number where the API shows it; `ask` asks for all of it. */
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

  /** The class of the library that a member belongs to. */
  classOf(member: Symbol): string | undefined {
    return this.known(member.id, () => member)?.ours ? this.#ownerOf(member) : undefined
  }

  /** `Array.push`, for a member that the language itself has. */
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

/** A number that the API's objects have and its types do not tell of; without it there is one question more. */
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
  /** By the generic type that they are instances of: all arrays have one symbol. */
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

  /** `place` says where a declaration has its name. */
  calleeOf(symbol: Symbol, place: (declaration: NodeHandle) => Declared | undefined): CalleeFacts {
    let callee = this.#callees.get(symbol.id)
    if (callee === undefined) this.#callees.set(symbol.id, (callee = new Callee(symbol, this, place)))
    return callee
  }

  builtInOf(symbol: Symbol): string | undefined {
    return this.#symbols.builtInOf(symbol)
  }

  /** What an imported name stands for. */
  originOf(symbol: Symbol): Symbol {
    return symbol.flags & ALIAS ? this.#checker.getAliasedSymbol(symbol) : symbol
  }

  /** The class of the library that calling a function gives; `never`, if it does not return. */
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

  /** Is a function wanted here whose result is `void`? */
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
    // Types without an alias are most of all.
    if (id === undefined && 'aliasSymbol' in type) return false
    const alias = this.#symbols.known(id, () => type.getAliasSymbol())
    return alias !== undefined && alias.name === 'Arc' && alias.ours
  }

  /** The class of the library, looked for in a union and inside an `Arc`. */
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

  /** `Guard<T>` is an instance of a generic class: nothing else is looked at closer. */
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

/** The number of the generic type that a type is an instance of. */
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

/** What is true of a union: one part that is moved moves it. */
function worst(parts: readonly Crossing[]): Crossing {
  for (const crossing of ['moved', 'shared', 'unknown'] as const) if (parts.includes(crossing)) return crossing
  return 'copy'
}
