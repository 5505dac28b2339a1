/** ParIter: what is to be done with every item, in parallel; nothing happens until its end is waited for. */
import type { Crossing, InParallel, Send, SendEach, crossing } from '../send.ts'
import type { Wait } from '../wait/wait.ts'
import { ParWait } from './par-wait.ts'
import { FileSource, type From } from './files.ts'
import { functionPart, initialPart, limitPart, type EndKind, type Given, type StageKind } from './pipeline.ts'
import { sourceOf } from './source.ts'

/** What `fold` and `reduce` begin with: a value, copied for every piece, or a function that makes one for every piece. */
export type Initial<A> = Send<A> | Maker<A>

/** Nothing where an `A` may not cross: then a refusal says why, instead of naming two types. */
type Maker<A> = [A] extends [Send<A>] ? () => A : never

/**
 * A parallel iterator. Its adaptors (`map`, `filter`...) are lazy; its ends (`sum`, `collect`...) are waits.
 *
 * ```ts
 * await parIter([1, 2, 3, 4]).filter(n => n % 2 === 0).map(n => n * n).collect() // => [4, 16]
 * ```
 *
 * Items are cut into pieces whose number depends on how many items there are and on nothing else, and what pieces give
 * is combined in order: a result is the same, to the last bit, on any number of threads. Functions borrow what they
 * capture, and their items: other threads see a read-only copy of data, and share handles such as `Arc`. A function that
 * changes what it has borrowed makes the end throw `LostWriteError`: return the new value, and `collect` or `fold` it.
 * What a function throws is thrown where the end is waited for; the rest of the work is cancelled.
 */
export class ParIter<T> {
  declare readonly [crossing]: Crossing<'ParIter', 'never: end it with collect()', 'never: end it with collect()', T>
  readonly #source: From
  readonly #kinds: readonly StageKind[]
  readonly #parts: readonly Given[]

  /** @internal */
  constructor(source: From, kinds: readonly StageKind[], parts: readonly Given[]) {
    this.#source = source
    this.#kinds = kinds
    this.#parts = parts
  }

  /** Gives `f(item)` in the place of every item. */
  map<U>(f: (value: T) => Send<U>): ParIter<U> {
    return this.#then('map', [functionPart(f)])
  }

  /** Keeps the items for which `f` is true. */
  filter(f: (value: T) => boolean): ParIter<T> {
    return this.#then('filter', [functionPart(f)])
  }

  /** Gives all items of `f(item)`, in order, in the place of every item. */
  flatMap<U>(f: (value: T) => readonly Send<U>[]): ParIter<U> {
    return this.#then('flatMap', [functionPart(f)])
  }

  /** Calls `f` with every item that comes by, and lets it through. */
  inspect<R>(f: (value: T) => InParallel<R>): ParIter<T> {
    return this.#then('inspect', [functionPart(f)])
  }

  /**
   * Lets `n` items by, whichever come first in time, and ends the work soon after. They stay in order.
   *
   * ```ts
   * const some = await parIter(par.range(0, 1e6)).filter(n => n % 7 === 0).takeAny(3).collect()
   * some.length // => 3
   * ```
   *
   * If there are fewer, all of them. What comes before it in the chain may see more items. Throws `RangeError` for what is no
   * number of items.
   */
  takeAny(n: number): ParIter<T> {
    return this.#then('takeAny', [limitPart(n)])
  }

  /**
   * Folds every piece of the work on its own: one accumulator per piece, not one result. Combine them with `reduce`.
   *
   * ```ts
   * const words = ['a', 'b', 'a']
   * await parIter(words)
   *   .fold(() => new Set<string>(), (seen, word) => seen.add(word))
   *   .reduce(() => new Set(), (a, b) => a.union(b)) // => new Set(['a', 'b'])
   * ```
   */
  fold<A>(initial: Initial<A>, f: (sum: A, value: T) => A): ParIter<A> {
    return this.#then('fold', [initialPart(initial), functionPart(f)])
  }

  /**
   * Combines all items with `op`, which must be associative; `identity` is what it leaves unchanged (0 for +), and the
   * answer if there are no items.
   */
  reduce(identity: Initial<T>, op: (a: T, b: T) => T): Wait<T> {
    return this.#end('reduce', [initialPart(identity), functionPart(op)])
  }

  /** The sum of numbers or of bigints; 0 if there are none. The same bits on any number of threads. */
  sum<N extends number | bigint>(this: ParIter<N>): Wait<N extends number ? number : bigint> {
    return this.#end('sum', [])
  }

  /** How many items there are. */
  count(): Wait<number> {
    return this.#end('count', [])
  }

  /** The smallest item by `<`, the first one among equals; undefined if there is none. */
  min(): Wait<T | undefined> {
    return this.#end('min', [])
  }

  /** The largest item by `<`, the last one among equals; undefined if there is none. */
  max(): Wait<T | undefined> {
    return this.#end('max', [])
  }

  /** The smallest item by `compare`, as `sort` takes it; the first one among equals. */
  minBy(compare: (a: T, b: T) => number): Wait<T | undefined> {
    return this.#end('minBy', [functionPart(compare)])
  }

  /** The largest item by `compare`, as `sort` takes it; the last one among equals. */
  maxBy(compare: (a: T, b: T) => number): Wait<T | undefined> {
    return this.#end('maxBy', [functionPart(compare)])
  }

  /** The first item, in order, for which `f` is true; undefined if there is none. Items after it may be looked at too. */
  find(f: (value: T) => boolean): Wait<T | undefined> {
    return this.#end('find', [functionPart(f)])
  }

  /** Some item for which `f` is true, whichever is found first in time; undefined if there is none. */
  findAny(f: (value: T) => boolean): Wait<T | undefined> {
    return this.#end('findAny', [functionPart(f)])
  }

  /** Whether `f` is true for at least one item. */
  any(f: (value: T) => boolean): Wait<boolean> {
    return this.#end('any', [functionPart(f)])
  }

  /** Whether `f` is true for every item. */
  all(f: (value: T) => boolean): Wait<boolean> {
    return this.#end('all', [functionPart(f)])
  }

  /** Calls `f` with every item, in no particular order. */
  forEach<R>(f: (value: T) => InParallel<R>): Wait<void> {
    return this.#end('forEach', [functionPart(f)])
  }

  /** All items as an array, in order. */
  collect(): Wait<T[]> {
    return this.#end('collect', [])
  }

  #then<U>(kind: StageKind, parts: readonly Given[]): ParIter<U> {
    return new ParIter<U>(this.#source, [...this.#kinds, kind], [...this.#parts, ...parts])
  }

  #end<R>(kind: EndKind, parts: readonly Given[]): Wait<R> {
    return new ParWait<R>(this.#source, { kinds: [...this.#kinds, kind], parts: [...this.#parts, ...parts] })
  }
}

/**
 * A parallel iterator over an array, a typed array, a vec, a `par.range(start, end)`, the lines or records of a file
 * (`par.lines`, `par.records`), the files of a directory (`par.files`), or anything iterable (which is collected first). The numbers of a vec are read where they are: nothing is copied to other threads.
 *
 * ```ts
 * await parIter([1, 2, 3]).map(n => n * 2).sum() // => 12
 * ```
 *
 * The work is shared only when it is worth that: the calling thread begins alone and looks at the clock. `await`
 * computes in slices of a few milliseconds between which other events are served; `.wait()` computes until all is done;
 * `.try()` computes everything on this thread. A source that changes meanwhile gives the items of the moment when the work
 * began; objects in it that change make it throw `LostWriteError`, and a vec refuses to be written (`BorrowError`).
 */
export function parIter<T>(source: SendEach<T>): ParIter<T> {
  return new ParIter<T>(source instanceof FileSource ? source : sourceOf(source as Iterable<unknown>), [], [])
}
