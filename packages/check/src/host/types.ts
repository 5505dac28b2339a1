/**
 * The interface to types: the checker's questions and the host that answers them.
 *
 * Only the host (`ts7.ts`) depends on a version of TypeScript. All questions about a file form one batch, because a
 * round trip costs far more than an answer.
 */

/** The effect of a move on a value of a type. */
export type Crossing =
  /** A primitive: the thread receives a copy. */
  | 'copy'
  /** A handle with a shared owner count: the thread becomes another owner. */
  | 'shared'
  /** The name is unusable afterwards. */
  | 'moved'
  /** The type is unknown, or it already refuses to cross. */
  | 'unknown'

export interface TypeFacts {
  readonly crossing: Crossing
  /** The library's class of the type (`Sender`), also inside an `Arc`. */
  readonly name: string | undefined
  readonly isArc: boolean
  readonly isGuard: boolean
  /** Returns the type of an array's elements. */
  element(): TypeFacts | undefined
  /** Returns the type as tsc prints it. */
  text(): string
}

/** The function or method that a call names. */
export interface CalleeFacts {
  /** `Array.push`, if the language declares it. */
  readonly builtIn: string | undefined
  /** Returns the library's class of its result (`Wait`); `never` if it does not return. */
  gives(): string | undefined
  /** Returns the file and offset of its declaration's name, if a source of the project declares it. */
  declared(): Declared | undefined
}

export interface Declared {
  readonly path: string
  readonly at: number
}

export interface Questions {
  /** The offsets of the identifiers whose types are needed. */
  readonly types: readonly number[]
  /** The offsets of the names of called functions and methods. */
  readonly members: readonly number[]
}

export interface Answers {
  readonly types: ReadonlyMap<number, TypeFacts>
  /** `Class.method`, for members of the library. */
  readonly members: ReadonlyMap<number, string>
  readonly callees: ReadonlyMap<number, CalleeFacts>
  /** Whether the caller of the function literal in this range ignores its result. */
  isCalledForNothing(start: number, end: number): boolean
}

/** An error of tsc, at its location in the file. */
export interface TypeDiagnostic {
  readonly start: number
  readonly end: number
  /** The message and its explanations, the most specific one last. */
  readonly texts: readonly string[]
}

export interface TypeHost {
  /** Returns the answers for one file of the project; undefined if tsc does not have the file. */
  ask(path: string, questions: Questions): Answers | undefined
  complaints(path: string): readonly TypeDiagnostic[]
  /** Resolves the import specifier at an offset to a source; undefined if it belongs to another package. */
  moduleAt(path: string, at: number): string | undefined
  /** Returns every file that tsc read, including declarations. */
  files(): readonly string[]
}

export const NO_ANSWERS: Answers = {
  types: new Map(),
  members: new Map(),
  callees: new Map(),
  isCalledForNothing: () => false,
}
