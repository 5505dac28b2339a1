/**
 * `ParIter`, the parallel iterator after rayon: the signatures and the docs of its methods. Each is an operation in
 * ops/.
 */
import type { Crossing, InParallel, Send, SendEach, crossing } from '../send.ts'
import type { Wait } from '../wait/wait.ts'
import { adaptors, consumers } from './ops/index.ts'
import { partsOf, type Adaptor, type Consumer } from './ops/op.ts'
import { ParWait } from './par-wait.ts'
import type { Recipe } from './pipeline.ts'
import { FileSource, type From } from './sources/files.ts'
import { sourceOf } from './sources/source.ts'

/**
 * The initial value of `fold` and `reduce`: a value, copied for every chunk, or a function that makes one for every
 * chunk.
 */
export type Initial<A> = Send<A> | Maker<A>

/** `never` where an `A` may not cross: the compiler then reports the reason instead of two types. */
type Maker<A> = [A] extends [Send<A>] ? () => A : never

/** The adaptors of a parallel iterator so far. */
type Chain = Omit<Recipe, 'consumer'>

/**
 * A parallel iterator, after rayon. Its adaptors (`map`, `filter`...) are lazy; its consumers (`sum`, `collect`...) are
 * waits.
 *
 * ```ts
 * await parIter([1, 2, 3, 4]).filter(n => n % 2 === 0).map(n => n * n).collect() // => [4, 16]
 * ```
 *
 * Items are divided into chunks. Their boundaries depend on the number of items alone, and results of chunks are
 * combined in order: a result is the same, to the last bit, on any number of threads. Functions borrow their captures
 * and their items: other threads see a read-only copy of data, and share handles such as `Arc`. If a function changes a
 * value that it has borrowed, the consumer throws `LostWriteError`: return the new value, and `collect` or `fold` it.
 * An error that a function throws is thrown by the consumer, and the rest of the work is cancelled.
 */
export class ParIter<T> {
  declare readonly [crossing]: Crossing<'ParIter', 'never: end it with collect()', 'never: end it with collect()', T>
  readonly #source: From
  readonly #chain: Chain

  /** @internal */
  constructor(source: From, chain: Chain) {
    this.#source = source
    this.#chain = chain
  }

  /** Replaces every item by `f(item)`. */
  map<U>(f: (value: T) => Send<U>): ParIter<U> {
    return this.#adapt(adaptors.map, f)
  }

  /** Keeps the items for which `f` is true. */
  filter(f: (value: T) => boolean): ParIter<T> {
    return this.#adapt(adaptors.filter, f)
  }

  /** Replaces every item by the elements of `f(item)`, in order. */
  flatMap<U>(f: (value: T) => readonly Send<U>[]): ParIter<U> {
    return this.#adapt(adaptors.flatMap, f)
  }

  /** Calls `f` with every item, and hands the item on. */
  inspect<R>(f: (value: T) => InParallel<R>): ParIter<T> {
    return this.#adapt(adaptors.inspect, f)
  }

  /**
   * Hands on the first `n` items to come in time, and ends the work soon after. They stay in order.
   *
   * ```ts
   * const some = await parIter(par.range(0, 1e6)).filter(n => n % 7 === 0).takeAny(3).collect()
   * some.length // => 3
   * ```
   *
   * Hands on all items if there are fewer. Adaptors before it may see more items. Throws `RangeError` if `n` is not a
   * whole number from 0 to 2^31 - 1.
   */
  takeAny(n: number): ParIter<T> {
    return this.#adapt(adaptors.takeAny, n)
  }

  /**
   * Folds every chunk on its own: the result is one accumulator for each chunk. Combine them with `reduce`.
   *
   * ```ts
   * const words = ['a', 'b', 'a']
   * await parIter(words)
   *   .fold(() => new Set<string>(), (seen, word) => seen.add(word))
   *   .reduce(() => new Set(), (a, b) => a.union(b)) // => new Set(['a', 'b'])
   * ```
   */
  fold<A>(initial: Initial<A>, f: (sum: A, value: T) => A): ParIter<A> {
    return this.#adapt(adaptors.fold, initial, f)
  }

  /**
   * Combines all items with `op`, which must be associative. `identity` is its neutral value (0 for +), and the result
   * if there are no items.
   */
  reduce(identity: Initial<T>, op: (a: T, b: T) => T): Wait<T> {
    return this.#consume(consumers.reduce, identity, op)
  }

  /** The sum of numbers or of bigints; 0 if there are none. It has the same bits on any number of threads. */
  sum<N extends number | bigint>(this: ParIter<N>): Wait<N extends number ? number : bigint> {
    return this.#consume(consumers.sum)
  }

  /** The number of items. */
  count(): Wait<number> {
    return this.#consume(consumers.count)
  }

  /** The smallest item by `<`, the first one among equals; undefined if there is none. */
  min(): Wait<T | undefined> {
    return this.#consume(consumers.min)
  }

  /** The largest item by `<`, the last one among equals; undefined if there is none. */
  max(): Wait<T | undefined> {
    return this.#consume(consumers.max)
  }

  /** The smallest item by `compare`, as `sort` takes it; the first one among equals. */
  minBy(compare: (a: T, b: T) => number): Wait<T | undefined> {
    return this.#consume(consumers.minBy, compare)
  }

  /** The largest item by `compare`, as `sort` takes it; the last one among equals. */
  maxBy(compare: (a: T, b: T) => number): Wait<T | undefined> {
    return this.#consume(consumers.maxBy, compare)
  }

  /**
   * The first item, in order, for which `f` is true; undefined if there is none. `f` may also be called with items
   * after it.
   */
  find(f: (value: T) => boolean): Wait<T | undefined> {
    return this.#consume(consumers.find, f)
  }

  /** An item for which `f` is true, the first to be found in time; undefined if there is none. */
  findAny(f: (value: T) => boolean): Wait<T | undefined> {
    return this.#consume(consumers.findAny, f)
  }

  /** Whether `f` is true for at least one item. */
  any(f: (value: T) => boolean): Wait<boolean> {
    return this.#consume(consumers.any, f)
  }

  /** Whether `f` is true for every item. */
  all(f: (value: T) => boolean): Wait<boolean> {
    return this.#consume(consumers.all, f)
  }

  /** Calls `f` with every item, in no particular order. */
  forEach<R>(f: (value: T) => InParallel<R>): Wait<void> {
    return this.#consume(consumers.forEach, f)
  }

  /** All items as an array, in order. */
  collect(): Wait<T[]> {
    return this.#consume(consumers.collect)
  }

  #adapt<U>(adaptor: Adaptor, ...args: readonly unknown[]): ParIter<U> {
    const { adaptors, parts } = this.#chain
    return new ParIter<U>(this.#source, {
      adaptors: [...adaptors, adaptor],
      parts: [...parts, ...partsOf(adaptor, args)],
    })
  }

  #consume<R>(consumer: Consumer, ...args: readonly unknown[]): Wait<R> {
    const { adaptors, parts } = this.#chain
    return new ParWait<R>(this.#source, { adaptors, consumer, parts: [...parts, ...partsOf(consumer, args)] })
  }
}

/**
 * A parallel iterator over an array, a typed array, a vec, a `par.range(start, end)`, the lines or records of a file
 * (`par.lines`, `par.records`), the files of a directory (`par.files`), or any iterable (which is collected first). The
 * numbers of a vec are read in their place, so nothing is copied to other threads.
 *
 * ```ts
 * await parIter([1, 2, 3]).map(n => n * 2).sum() // => 12
 * ```
 *
 * The work is shared only if sharing saves more than it costs: the calling thread begins alone and measures. `await`
 * computes in slices of a few milliseconds, between which other events are served. `.wait()` computes until all is
 * done, and `.try()` computes everything on this thread. If the source changes during the work, the work still uses the
 * items of its beginning. If objects in it change, the wait throws `LostWriteError`. A vec cannot be written during the
 * work (`BorrowError`).
 */
export function parIter<T>(source: SendEach<T>): ParIter<T> {
  return new ParIter<T>(source instanceof FileSource ? source : sourceOf(source as Iterable<unknown>), NO_ADAPTORS)
}

const NO_ADAPTORS = { adaptors: [], parts: [] } as const
