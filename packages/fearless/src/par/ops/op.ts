/**
 * One operation of a parallel iterator: an adaptor, such as `map`, or a consumer, such as `sum`.
 *
 * An operation is one object in one file. The scheduler, the loops and the plan read it through this interface, and
 * have no case for an operation by name.
 *
 *   adaptor    hands items on to the next operation
 *   consumer   ends the chain: it reduces the items of one chunk to a partial result, and partial results to the result
 *   step       a function that the loop calls: one for each part of the operation
 *
 * An operation keeps no state of its own. It runs in every thread, which finds it by its name (ops/index.ts).
 */
import type { Given, Part, Step } from './part.ts'

export interface Op {
  /** The name of the method of `ParIter`. A plan carries it to other threads, and errors mention it. */
  readonly name: string
  /** Makes a part of each argument of the method, in order (ops/part.ts). */
  readonly parts: readonly ((argument: never) => Given)[]
  /**
   * Whether the operation leaves unchanged all that its functions borrow: then they are not watched. An operation
   * without this member needs the compiler's proof for each function, its captures and all its arguments.
   */
  onlyReads?(parts: readonly Part[]): boolean
}

/** The parts of an operation, from the arguments of its method. Throws for an argument that is refused. */
export function partsOf({ parts }: Op, args: readonly unknown[]): Given[] {
  return parts.map((partOf, i) => partOf(args[i] as never))
}

export interface Adaptor extends Op {
  /** Its text in the compiled loop. `next` gives the text of the operations after it, for an item of the given name. */
  text(code: Code, next: Next): string
  /** Its sink in the plain loop, in front of the sink of the operation after it. */
  sink(next: Sink, ...steps: readonly Step[]): Sink
}

interface AnyConsumer extends Op {
  /** Combines partial results, in the order of their chunks, to the result. A chunk that was not needed is missing. */
  combine(partials: readonly unknown[], steps: readonly Step[]): unknown
  /** Whether this partial result decides the result, so that other chunks need not run. */
  decides?(partial: unknown): boolean
  /** A deciding chunk cancels only the chunks after it: an earlier one may still decide otherwise. */
  readonly keepsEarlier?: true
  /** The partial results are items, in order: the loop writes them to its `Output`, and `combine` is not called. */
  readonly collects?: true
  /** The value in a partial result that `combine` passes to a function. It may be an item, which is then watched. */
  valueIn?(partial: unknown): unknown
}

/** A consumer of items, which a loop passes to it. */
export interface ItemConsumer extends AnyConsumer {
  /** Its text in the compiled loop. */
  text(code: Code): string
  /** Its sink in the plain loop. */
  sink(output: Output, ...steps: readonly Step[]): ConsumerSink
  readonly loop?: undefined
}

/**
 * A consumer with a loop of its own. Its chunks are calls that do not depend on each other: all of them run, also after
 * a panic, and they are shared before the first of them runs.
 */
export interface CallConsumer extends AnyConsumer {
  readonly loop: Loop
}

export type Consumer = ItemConsumer | CallConsumer

// -------------------------------------------------------------- the loop of a chunk

/** The output of `collect`. */
export interface Output {
  /** The items after the packed numbers. */
  rest: unknown[] | undefined
  /** Numbers are packed into `[at, end)` of `packed`. */
  readonly packed: Float64Array
  at: number
  readonly end: number
}

/**
 * Runs over `source[from..to)`, or over the numbers `source + from` up to `source + to`. Returns the partial result of
 * the consumer. A consumer that collects writes its items to `output` instead.
 */
export type Loop = (source: unknown, from: number, to: number, steps: readonly Step[], output: Output) => unknown

// -------------------------------------------------------------- the compiled loop

/** The place at which an operation writes its text into a compiled loop (loops/compiled.ts). */
export interface Code {
  /** The name of the item. */
  readonly item: string
  /** Whether the text runs once for each item. Behind a `fold` it runs after the loop, once for each chunk. */
  readonly isInLoop: boolean
  /** Whether collected numbers are packed into `output.packed`. */
  readonly packs: boolean
  /** The statement that goes on with the next item. */
  readonly skip: string
  /** The statement that ends the loop. */
  readonly stop: string
  /** Returns the name of the next step of the operation. */
  step(): string
  /** Returns a name that begins with `stem` and that the text of no other operation has. */
  unique(stem: string): string
  /** Returns the text of `const NAME = CALL`, which refuses an answer that runs later (a promise or a generator). */
  call(name: string, call: string): string
  /** Makes a function of the library callable under a name, and returns the name. `refuse` is always there. */
  use(name: string, f: (...args: never[]) => unknown): string
  /** Adds a statement before the loop. */
  before(text: string): void
  /** Adds a statement after the loop. A function is called at once, and may itself add statements, which follow. */
  after(text: string | (() => string)): void
}

/** Gives the text of the next operations. `jumps` replaces the statements that skip an item or end the loop. */
type Next = (item: string, jumps?: { readonly skip?: string; readonly stop?: string }) => string

// -------------------------------------------------------------- the plain loop

/** An operation in the plain loop (loops/plain.ts). */
export interface Sink {
  /** Takes one item. Returns true if the loop must end. */
  take(item: unknown): boolean
  /** Called after the last item. */
  flush?(): void
}

export interface ConsumerSink extends Sink {
  /** The partial result of the chunk. */
  partial(): unknown
}
