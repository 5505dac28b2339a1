/**
 * What the checker asks about types, and of whom.
 *
 * Whoever answers (`ts7.ts`) knows a compiler; nothing else here does. All questions about a file are asked in one
 * batch, because an answer costs far less than asking.
 */

/** What `move` does with a value of a type. */
export type Crossing =
  /** A primitive: the thread gets a copy. */
  | 'copy'
  /** A handle whose end is only memory: the thread is one more owner. */
  | 'shared'
  /** The name here is dead afterwards. */
  | 'moved'
  /** Not known, or refused by its type already. */
  | 'unknown'

export interface TypeFacts {
  readonly crossing: Crossing
  /** The class of the library this is (`Sender`), also inside an `Arc`. */
  readonly name: string | undefined
  readonly isArc: boolean
  readonly isGuard: boolean
  /** What it has at its indexes, if it is an array. */
  element(): TypeFacts | undefined
  /** How the compiler writes the type. */
  text(): string
}

/** The function or method that a call names. */
export interface CalleeFacts {
  /** `Array.push`, for what the language itself has. */
  readonly builtIn: string | undefined
  /** The class of the library that it gives: `Wait`; `never`, if it does not return. */
  gives(): string | undefined
  /** Where a source of the project declares it: the file, and the offset of the name there. */
  declared(): Declared | undefined
}

export interface Declared {
  readonly path: string
  readonly at: number
}

export interface Questions {
  /** Offsets of identifiers whose type is asked for. */
  readonly types: readonly number[]
  /** Offsets of the names of functions and methods that are called. */
  readonly members: readonly number[]
}

export interface Answers {
  readonly types: ReadonlyMap<number, TypeFacts>
  /** `Class.method`, for the library's own. */
  readonly members: ReadonlyMap<number, string>
  readonly callees: ReadonlyMap<number, CalleeFacts>
  /** Does the caller of the function literal at this place ignore its result? */
  isCalledForNothing(start: number, end: number): boolean
}

/** What the compiler itself refuses, at its place in the file. */
export interface Complaint {
  readonly start: number
  readonly end: number
  /** The message and what explains it, the most special last. */
  readonly texts: readonly string[]
}

export interface TypeHost {
  /** The answers for one file of the project; undefined if the compiler does not know the file. */
  ask(path: string, questions: Questions): Answers | undefined
  complaints(path: string): readonly Complaint[]
  /** The source that the specifier of an import at this place leads to, if it is none of another package's. */
  moduleAt(path: string, at: number): string | undefined
  /** Every file that the compiler read, declarations too. */
  files(): readonly string[]
}

export const NO_ANSWERS: Answers = {
  types: new Map(),
  members: new Map(),
  callees: new Map(),
  isCalledForNothing: () => false,
}
