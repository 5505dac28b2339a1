/**
 * One run of a parallel iterator, as its owner sees it.
 *
 * It begins alone: the calling thread runs chunks in order and looks at the clock. Only when what is left is worth more
 * than sharing it costs, the rest becomes a region. From then on the owner keeps half of what it has on offer to others
 * whenever nobody has anything to take (lazy binary splitting: only thefts split finer), runs the other half, takes
 * back what nobody took, and at last waits for what others have taken.
 */
import { core, self } from '../core/index.ts'
import { HeapFullError, TimeoutError } from '../errors.ts'
import { abandonMessage, encode } from '../memory/codec/codec.ts'
import { i32 } from '../memory/heap.ts'
import { dropHandle, isAlive, type Handle } from '../memory/handles/handle.ts'
import { handlesOutside, recordHandlesOf } from '../memory/handles/made.ts'
import { snapshotOf, type Snapshot } from '../memory/codec/lent.ts'
import { heapOf, sizeOf } from '../memory/struct/views.ts'
import { wallsAreOn } from '../platform/settings.ts'
import { refuseAsync } from '../sync/lent.ts'
import { holdVec } from '../sync/vec.ts'
import { lostWriteError, type BorrowedValues, type LoanWatch } from '../thread/closure/lost-write.ts'
import { PENDING, monotonicNow, type Operation, type Pending } from '../wait/attempt.ts'
import { WORTH_STARTING_MS, callHelpers, currentNumThreads } from './crew.ts'
import { borrowCaptures, borrowItems, checkItems, mayChangeLoans, watchOf } from './borrow.ts'
import { combine, decides } from './combine.ts'
import { offer, offersNothing, stealOfferOf, takeBack, type Offer } from './deques.ts'
import { FileSource, type From } from './files.ts'
import { loopFor, mayCompile, type Loop, type Output } from './loop.ts'
import { asPanic, hasOutcome, hasPanicked, readCollected, readDeath, readOutcome, readPanic } from './outcome.ts'
import { begin, cameAsText, endOf, stepsOf, type EndKind, type Pipeline, type Recipe, type Step } from './pipeline.ts'
import { plainLoop } from './plain-loop.ts'
import { planOf } from './plan.ts'
import {
  CHUNK_KIND,
  NOT_SHARED,
  chunkAt,
  dropRegion,
  finishChunks,
  isOver,
  isWanted,
  leaveRegion,
  newRegion,
  ownerOf,
  packedItem,
  queueOf,
  setPlan,
  stopAfter,
  stopAll,
} from './region.ts'
import { asItIsNow, chunksOf, copyFrom, firstOf, publish, type Items, type Source } from './source.ts'

/** How long the owner computes before it gives its event loop a turn, or looks at a time limit. */
const SLICE_MS = 4
/** An estimate from less than this is a guess. */
const SURE_MS = 0.05
/** With this much left, the first slice goes on to the end. */
const SOON_MS = 2 * SLICE_MS
/** What is left must save this much: waking a helper costs 60-80 us. */
const WORTH_MS = 0.1
/** Chunks between two looks at the clock, at most. */
const LONGEST_STRIDE = 8
/** Below this a loop of its own costs more than it saves. */
const FEW_ITEMS = 64
// What moving a number costs, in milliseconds: out of an array, out of a typed array, and back into the array of results.
// With less, two threads took 8 ns for each item of a cheap loop over an array, where one takes 2.
const MS_PER_NUMBER = 2.5e-6
const MS_PER_CELL = 1e-6
const MS_PER_RESULT = 6e-6
const SAMPLE = 64

/** Runs of this thread that share a region, by region. */
const runs = new Map<number, Run<unknown>>()

/** Tells functions apart: number by url. */
const urls = new Map<string, number>()

/** How the end of a run is waited for. */
interface Way {
  readonly yields: boolean
  readonly alone: boolean
  /** Nothing else runs on this thread meanwhile. */
  readonly blocks: boolean
  readonly deadline: number
  readonly signals: readonly AbortSignal[]
}

export class Run<T> implements Operation<T> {
  /** @internal */
  readonly deadline: number
  readonly #signals: readonly AbortSignal[]
  /** Whether the last `poll` stopped only because its slice was over. */
  isSliced = false
  #source: Source
  readonly #pipeline: Pipeline
  readonly #end: EndKind
  readonly #steps: readonly Step[]
  readonly #loop: Loop
  readonly #chunks: number
  /** Whether others may still be given something. */
  #shares: boolean
  /** Whether this thread may run whatever it has on offer: nothing that runs below it is its own. */
  readonly #yields: boolean
  /** The first chunk that is not run yet, before anything is shared. */
  #next = 0
  #spent = 0
  readonly #collected: unknown[] = []
  readonly #partials: unknown[] = []
  #region = 0
  #firstShared = 0
  /** What this thread keeps for itself of the region. */
  #from = 0
  #to = 0
  #panic: { readonly chunk: number; readonly error: unknown } | undefined
  #costPerItem = -1
  /** What the helpers were told of already, in milliseconds. */
  #announced = 0
  /** Whether no other code of this thread runs before the end. */
  readonly #blocks: boolean
  /** Told to the helpers if the functions may change what they borrow. */
  readonly #watch: LoanWatch | undefined
  /** What they have borrowed. */
  #loan: BorrowedValues | undefined
  #isKept = false
  /** The chunks of objects that were not run when the run paused first. */
  #kept: (Snapshot | undefined)[] | undefined
  /** Handles that this thread has made for the run: those that are not in its result are dropped. */
  #made: Handle[] = []
  readonly #endLimits: () => void
  /** Keeps the numbers of a vec in their place, and unchanged. */
  #hold: Handle | undefined

  constructor(from: From, recipe: Recipe, how: Way) {
    const opened = from instanceof FileSource ? FileSource.open(from) : undefined
    const source = asItIsNow(opened === undefined ? (from as Source) : opened.source)
    const { pipeline: given, end } = begin(recipe)
    const pipeline: Pipeline =
      opened === undefined ? given : { kinds: ['flatMap', ...given.kinds], parts: [opened.first, ...given.parts] }
    this.#endLimits = end
    this.#source = source
    this.#pipeline = pipeline
    this.#blocks = how.blocks
    if (mayChangeLoans(pipeline)) {
      this.#watch = watchOf(pipeline)
      this.#loan = borrowCaptures(pipeline, true)
    }
    this.#end = endOf(pipeline)
    this.#steps = stepsOf(pipeline.parts)
    this.#chunks = chunksOf(source.length)
    this.#loop =
      opened === undefined && source.length < FEW_ITEMS
        ? plainLoop(pipeline.kinds, source.kind === 'range')
        : loopFor(pipeline.kinds, source.kind, false, functionsOf(pipeline))
    this.#yields = how.yields
    this.#shares = !how.alone && this.#chunks > 1 && (mayCompile() || !pipeline.parts.some(cameAsText))
    this.deadline = how.deadline
    this.#signals = how.signals
  }

  tryComplete(): T | Pending {
    for (const signal of this.#signals) signal.throwIfAborted()
    const value = this.#work(monotonicNow() + SLICE_MS)
    if (value !== PENDING) return value as T
    if (monotonicNow() >= this.deadline) {
      throw new TimeoutError('The parallel work was not done in time. Wait longer, or give it less to do.')
    }
    if (!this.#blocks) this.#keepLoans()
    return PENDING
  }

  #work(end: number): unknown {
    this.isSliced = false
    if (this.#region === 0) {
      if (!this.#alone(end)) return this.#pause()
      if (this.#region === 0) return this.#result()
    }
    for (;;) {
      if (this.#from < this.#to) this.#task(end)
      else if (!this.#takeMore(end)) return isOver(this.#region) ? this.#result() : PENDING
      if (monotonicNow() >= end) return isOver(this.#region) ? this.#result() : this.#pause()
    }
  }

  isReady(): boolean {
    return this.isSliced || this.#region === 0 || isOver(this.#region)
  }
  register(waiter: number): boolean {
    if (this.isSliced || this.#region === 0) return false
    core.registerWaiter(self, queueOf(this.#region), waiter)
    return true
  }
  unregister(waiter: number): boolean {
    return core.unregisterWaiter(self, waiter) !== 0
  }
  accept(): T | Pending {
    return this.tryComplete()
  }
  signals(): readonly AbortSignal[] {
    return this.#signals
  }

  /** Whoever gives up leaves the region to those who still work at it; they find that nothing is wanted. */
  finish(): void {
    this.#dropLost(this.#panic?.error)
    this.#endLimits()
    if (this.#hold !== undefined) dropHandle(this.#hold)
    this.#hold = undefined
    if (this.#region === 0) return
    runs.delete(this.#region)
    this.#recall()
    leaveRegion(this.#region)
    this.#region = 0
  }

  /**
   * Takes back what is still on offer: with no helper left nobody else would, and this thread, which offers something,
   * would call for no new one. What lies below the offers of another run goes when that one takes it back.
   */
  #recall(): void {
    for (let offered = takeBack(); offered !== undefined; offered = takeBack()) {
      const { region, from, to } = offered
      if (region !== this.#region) offer(region, from, to)
      dropRegion(region)
      if (region !== this.#region) return
    }
  }

  #pause(): Pending {
    this.isSliced = true
    return PENDING
  }

  // -------------------------------------------------------------- alone

  /** Runs chunks in order until all are done or the rest is shared; false if the time is over before. */
  #alone(end: number): boolean {
    if (this.#end === 'join' && offersNothing() && this.#shares && callHelpers(WORTH_STARTING_MS) && this.#share())
      return true
    const begun = monotonicNow()
    let stride = 1
    let look = this.#next + 1
    while (this.#next < this.#chunks) {
      const chunk = this.#next++
      const partial = this.#end === 'join' ? this.#caught(chunk) : this.#thrown(chunk)
      if (this.#end !== 'collect') this.#partials[chunk] = partial
      if (decides(this.#end, partial)) return true
      if (this.#next !== look) continue
      const spent = this.#spent + monotonicNow() - begun
      if (stride < LONGEST_STRIDE) stride *= 2
      look += stride
      if (this.#shares && spent > SURE_MS && this.#isWorthSharing(spent) && this.#share()) return true
      if (begun + spent - this.#spent >= end && this.#next < this.#chunks && !this.#isSoonDone(spent)) {
        this.#spent = spent
        return false
      }
    }
    return true
  }

  #thrown(chunk: number): unknown {
    try {
      return this.#run(chunk, this.#collected)
    } catch (error) {
      this.#panic = { chunk, error }
      throw asPanic(error)
    }
  }

  #caught(chunk: number): unknown {
    try {
      return this.#run(chunk, this.#collected)
    } catch (error) {
      this.#fail(chunk, error)
      return undefined
    }
  }

  #run(chunk: number, rest: unknown[]): unknown {
    return recordHandlesOf(this.#made, () => this.#runNoted(chunk, rest))
  }

  #runNoted(chunk: number, rest: unknown[]): unknown {
    if (this.#end === 'join') {
      const result = this.#steps[chunk]()
      refuseAsync('par.join', result)
      this.#loan?.check()
      return result
    }
    const { length } = this.#source
    const from = firstOf(chunk, this.#chunks, length)
    const to = firstOf(chunk + 1, this.#chunks, length)
    const items = this.#borrowChunk(chunk, from, to)
    const partial = this.#loopOver(from, to, { rest, packed: NO_NUMBERS, at: 0, end: 0 })
    checkItems(items, from, to, this.#watch?.[1])
    return partial
  }

  #borrowChunk(chunk: number, from: number, to: number): Snapshot | undefined {
    const kept = this.#kept?.[chunk]
    if (kept !== undefined) checkItems(kept, from, to, undefined)
    if (this.#watch === undefined || !('items' in this.#source)) return kept
    return kept ?? borrowItems(this.#source.items, from, to)
  }

  #loopOver(from: number, to: number, output: Output): unknown {
    if ('vec' in this.#source) {
      const { at, cell } = this.#source.vec
      const first = at / sizeOf(cell)
      return this.#loop(heapOf(cell), first + from, first + to, this.#steps, output)
    }
    const over = 'items' in this.#source ? this.#source.items : this.#source.start
    return this.#loop(over, from, to, this.#steps, output)
  }

  /**
   * What is lent must stay as it is while other code runs: that code cannot change a copy of numbers, nor a vec that is held;
   * a change of anything else is found later. A run that ends in its first slice pays nothing.
   */
  #keepLoans(): void {
    if (this.#isKept) return
    this.#isKept = true
    const source = this.#source
    const first = this.#region === 0 ? this.#next : this.#firstShared
    this.#loan ??= borrowCaptures(this.#pipeline, wallsAreOn)
    if ('numbers' in source) this.#hold = holdVec(source.numbers)
    if (!('items' in source)) return
    this.#source = { ...source, items: copyFrom(source.items, firstOf(first, this.#chunks, source.length)) }
    if (!wallsAreOn) return
    this.#kept = []
    for (let chunk = first; chunk < this.#chunks; chunk++) {
      const [from, to] = [firstOf(chunk, this.#chunks, source.length), firstOf(chunk + 1, this.#chunks, source.length)]
      this.#kept[chunk] = borrowItems(source.items, from, to)
    }
  }

  /** Copying the items would take as long as going over them does. */
  #isSoonDone(spent: number): boolean {
    if (this.#isKept || !('items' in this.#source)) return false
    return (spent / this.#next) * (this.#chunks - this.#next) <= SOON_MS
  }

  /** From what the chunks so far have taken: does sharing the rest save more than it costs? */
  #isWorthSharing(spent: number): boolean {
    const left = this.#chunks - this.#next
    const rest = (spent / this.#next) * left
    const threads = currentNumThreads()
    if (rest < WORTH_MS || threads === 1 || !offersNothing()) return false
    if (this.#costPerItem < 0) this.#costPerItem = this.#copyCost()
    const items = (this.#source.length / this.#chunks) * left
    const saved = (rest - this.#costPerItem * items) * (1 - 1 / threads)
    if (saved < WORTH_MS / 2) return false
    const more = Math.max(0, rest - this.#announced)
    this.#announced += more
    return callHelpers(more)
  }

  /** What it costs, per item and in milliseconds, to bring an item to another thread and its result back. */
  #copyCost(): number {
    let cost = 0
    if ('items' in this.#source) {
      const { items } = this.#source
      cost += Array.isArray(items) ? encodingCost(items, MS_PER_NUMBER) : MS_PER_CELL
    }
    if (this.#collected.length > 0) {
      cost +=
        (encodingCost(this.#collected, MS_PER_RESULT) * this.#collected.length) /
        firstOf(this.#next, this.#chunks, this.#source.length)
    }
    return cost
  }

  // -------------------------------------------------------------- shared

  /** Makes a region of what is left; false if the heap has no room for it. */
  #share(): boolean {
    this.#loan?.check()
    this.#shares = false
    const { length } = this.#source
    try {
      this.#region = newRegion({
        chunks: this.#chunks,
        from: this.#next,
        length,
        firstItem: firstOf(this.#next, this.#chunks, length),
        items: 'items' in this.#source ? undefined : this.#source,
        packs: this.#end === 'collect',
      })
      setPlan(this.#region, planOf(this.#pipeline, this.#watch))
    } catch (error) {
      this.finish()
      if (error instanceof HeapFullError) return false
      throw error
    }
    runs.set(this.#region, this)
    this.#firstShared = this.#from = this.#next
    this.#to = this.#chunks
    this.#shares = true
    return true
  }

  /** Runs what this thread has kept, until the slice is over. */
  #task(end: number): void {
    const first = this.#from
    let done = 0
    while (this.#from < this.#to) {
      if (this.#to - this.#from > 1 && offersNothing()) {
        const middle = (this.#from + this.#to) >> 1
        if (this.#offer(middle, this.#to)) this.#to = middle
      }
      const chunk = this.#from++
      if (isWanted(this.#region, chunk)) this.#runShared(chunk)
      done++
      if (monotonicNow() >= end) break
    }
    this.#checkLoan(first)
    // Others may go on with it while this thread does something else.
    if (this.#from < this.#to && this.#offer(this.#from, this.#to)) this.#from = this.#to
    finishChunks(this.#region, done)
  }

  #runShared(chunk: number): void {
    const rest: unknown[] = []
    try {
      const partial = this.#run(chunk, rest)
      this.#partials[chunk] = this.#end === 'collect' ? rest : partial
      if (decides(this.#end, partial)) stopAfter(this.#region, this.#end === 'find' ? chunk : -1)
    } catch (error) {
      this.#fail(chunk, error)
    }
  }

  /** A stretch of chunks must leave what they borrowed as it was. */
  #checkLoan(chunk: number): void {
    try {
      this.#loan?.check()
    } catch (error) {
      this.#fail(chunk, error)
    }
  }

  #fail(chunk: number, error: unknown): void {
    if (this.#panic === undefined || chunk < this.#panic.chunk) this.#panic = { chunk, error }
    if (this.#end !== 'join' && this.#region !== 0) stopAll(this.#region)
  }

  /** Offers chunks to others; their items are put into the heap when they are first offered. */
  #offer(from: number, to: number): boolean {
    if (!this.#shares) return false
    try {
      if ('items' in this.#source) {
        for (let chunk = from; chunk < to; chunk++) this.#publish(chunk, this.#source.items)
      }
      return offer(this.#region, from, to)
    } catch (error) {
      this.#shares = false
      if (!(error instanceof HeapFullError)) this.#fail(from, error)
      return false
    }
  }

  #publish(chunk: number, items: Items): void {
    const record = chunkAt(this.#region, chunk)
    if (i32[(record + CHUNK_KIND) >> 2] !== NOT_SHARED) return
    const { length } = this.#source
    const from = firstOf(chunk, this.#chunks, length)
    const to = firstOf(chunk + 1, this.#chunks, length)
    checkItems(this.#kept?.[chunk], from, to, undefined)
    publish(items, from, to, packedItem(this.#region, from), record)
  }

  /** Takes back what was offered, here or by who took it; false if there is nothing this thread could do now. */
  #takeMore(end: number): boolean {
    const offered = takeBack() ?? stealOfferOf(this.#region)
    if (offered === undefined) return false
    const { region, from, to } = offered
    const run = runs.get(region)
    if (run === this || (run === undefined && ownerOf(region) === self) || (run !== undefined && this.#yields)) {
      dropRegion(region)
      if (run === this) {
        this.#from = from
        this.#to = to
      } else if (run !== undefined) run.#help(offered, end)
      return true
    }
    // It belongs to what this thread was doing before it came here; running it now could take a lock twice.
    offer(region, from, to)
    dropRegion(region)
    return false
  }

  /** Another run of this thread found what this one had offered. */
  #help({ from, to }: Offer, end: number): void {
    const kept = [this.#from, this.#to] as const
    ;[this.#from, this.#to] = [from, to]
    this.#task(end)
    while (this.#from < this.#to) this.#task(Infinity)
    ;[this.#from, this.#to] = kept
  }

  // -------------------------------------------------------------- result

  #result(): unknown {
    const result = recordHandlesOf(this.#made, () => this.#combined())
    this.#dropLost(result)
    return result
  }

  /** Drops what this thread has made for the run and not handed over. */
  #dropLost(handedOver: unknown): void {
    const lost = handlesOutside(this.#made.filter(isAlive), handedOver)
    this.#made = []
    for (const handle of lost) dropHandle(handle)
  }

  #combined(): unknown {
    if (this.#region !== 0) this.#readOthers()
    if (this.#panic !== undefined) throw asPanic(this.#panic.error)
    if (this.#end !== 'collect') {
      const items = this.#watch && this.#itemsAmongPartials()
      const result = combine(this.#end, this.#partials, this.#steps)
      if (items?.holds() === false) throw lostWriteError('A result that is an item', this.#watch?.[1])
      this.#loan?.check()
      return result
    }
    this.#loan?.check()
    if (this.#region !== 0) this.#readCollected()
    return this.#collected
  }

  /** What the functions of `reduce`, `minBy` and `maxBy` get when they combine the results of chunks: items, maybe. */
  #itemsAmongPartials(): Snapshot | undefined {
    if (!('items' in this.#source) || !Array.isArray(this.#source.items)) return undefined
    const isBest = this.#end === 'minBy' || this.#end === 'maxBy'
    if (!isBest && this.#end !== 'reduce') return undefined
    const results = this.#partials.map(partial => (isBest ? (partial as [unknown] | undefined)?.[0] : partial))
    if (!results.some(result => typeof result === 'object' && result !== null)) return undefined
    const items = new Set<unknown>(this.#source.items)
    return snapshotOf(results.filter(result => items.has(result)))
  }

  #readOthers(): void {
    const death = readDeath(this.#region)
    if (death !== undefined) throw death
    for (let chunk = this.#firstShared; chunk < this.#chunks; chunk++) {
      const record = chunkAt(this.#region, chunk)
      if (!hasPanicked(record)) continue
      if (this.#panic === undefined || chunk < this.#panic.chunk) this.#panic = { chunk, error: readPanic(record) }
    }
    // What others gave stays in the region, which drops it.
    if (this.#panic !== undefined || this.#end === 'collect') return
    this.#partials.length = this.#chunks
    for (let chunk = this.#firstShared; chunk < this.#chunks; chunk++) {
      const record = chunkAt(this.#region, chunk)
      if (hasOutcome(record)) this.#partials[chunk] = readOutcome(record)
    }
  }

  #readCollected(): void {
    const { length } = this.#source
    for (let chunk = this.#firstShared; chunk < this.#chunks; chunk++) {
      const own = this.#partials[chunk] as unknown[] | undefined
      if (own !== undefined) for (const value of own) this.#collected.push(value)
      else
        readCollected(this.#region, chunkAt(this.#region, chunk), firstOf(chunk, this.#chunks, length), this.#collected)
    }
  }
}

const NO_NUMBERS = new Float64Array(0)

/** Milliseconds per value, measured on a few of them. */
function encodingCost(values: readonly unknown[], msPerNumber: number): number {
  if (typeof values[0] === 'number' && typeof values[values.length - 1] === 'number') return msPerNumber
  const sample = values.slice(0, SAMPLE)
  const begun = monotonicNow()
  encode(sample, 'copy')
  abandonMessage()
  return (monotonicNow() - begun) / sample.length
}

/** The same text for the same functions. */
function functionsOf({ parts }: Pipeline): string {
  return parts
    .map(part => {
      if ('value' in part) return 'v'
      const { url } = part.annotation
      if (!urls.has(url)) urls.set(url, urls.size)
      return urls.get(url)
    })
    .join()
}
