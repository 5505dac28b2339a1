/**
 * A helper: a thread that takes what others offer, oldest first, and finishes what it has begun before it takes more.
 *
 * Between regions it sleeps. The rule that loses no wake is the wait queues' own: an offer is put into a deque, THEN the
 * queue of sleepers is looked at; a helper enters the queue, THEN looks into all deques once more, then sleeps.
 * What a helper decodes of a region ends when it goes on to another: a region is a life of its own for handles.
 */
import { core, self } from '../core/index.ts'
import { PAR_PUSHED_JOBS, PAR_QUEUE, SLOT_HELPER } from '../core/layout.ts'
import { platform } from '#platform'
import { endEpoch } from '../memory/handles/handle.ts'
import { f64, i32 } from '../memory/heap.ts'
import { decodeAndFree } from '../memory/codec/message.ts'
import { heapOf, sizeOf } from '../memory/struct/views.ts'
import { refuseAsync } from '../sync/lent.ts'
import { TEXT_PREFIX, closureUrl } from '../thread/closure/closure.ts'
import { defineFactory, evaluate, explainMissingName, factoryOf, loadFactory } from '../thread/closure/factory.ts'
import { BorrowedValues, type LoanWatch } from '../thread/closure/lost-write.ts'
import { PENDING, monotonicNow, type Operation } from '../wait/attempt.ts'
import { SPIN_LIMIT_US } from '../wait/spin-budget.ts'
import { blockUntil, addBlockedWaits } from '../wait/park.ts'
import { borrowItems, checkItems } from './borrow.ts'
import { decides } from './combine.ts'
import { anyOffer, offer, offersNothing, stealOffer, takeBack, workAt, type Offer } from './deques.ts'
import { loopFor, type Loop } from './loop.ts'
import { writeCollected, writeOutcome, writePanic } from './outcome.ts'
import { makerOf, type EndKind, type Step } from './pipeline.ts'
import { readPlan, type Plan } from './plan.ts'
import {
  CHUNK_DATA,
  CHUNK_DATA_LENGTH,
  CHUNK_KIND,
  FLOATS,
  INTS,
  chunkAt,
  chunksIn,
  dropRegion,
  finishChunks,
  isWanted,
  itemsIn,
  ownerOf,
  packedItem,
  packedResults,
  serialOf,
  startOf,
  stopAfter,
  stopAll,
  vecOf,
} from './region.ts'
import { firstOf } from './source.ts'

/** Under this url a thread that is to become a helper finds `help`. */
export const HELPER_URL = 'fearless:parallel-helper'
defineFactory(HELPER_URL, () => help)

/** Rounds of watching that take about a microsecond. */
const ROUNDS = 128

/** What this thread knows of the region it works at. */
interface Context {
  readonly serial: number
  readonly kinds: readonly string[]
  readonly end: EndKind
  readonly steps: readonly Step[]
  /** Tells these functions apart from others. */
  readonly functions: string
  readonly fromText: boolean
  /** What these functions have borrowed, if they may change it. */
  readonly loan: BorrowedValues | undefined
  /** Whether they may change items, and the suspect. */
  readonly watch: LoanWatch | undefined
}

let context: Context | undefined

async function help(): Promise<never> {
  i32[(self + SLOT_HELPER) >> 2] = 1
  await platform.turn()
  // The worker takes a thread that awaits for one that waits; this one works.
  addBlockedWaits(-1)
  for (;;) {
    const stolen = stealOffer() ?? watch() ?? (await sleep())
    workAt(stolen)
    const { region } = stolen
    const known = context?.serial === serialOf(region) ? context : await enter(region)
    run(stolen, known)
    // What it offered and nobody took; also what a parallel iterator inside left when it gave up.
    for (let task = takeBack(); task !== undefined; task = takeBack()) {
      run(task, task.region === region ? known : undefined)
      dropRegion(task.region)
    }
    workAt(undefined)
    dropRegion(region)
  }
}

function watch(): Offer | undefined {
  const end = monotonicNow() + SPIN_LIMIT_US / 1000
  do {
    const seen = Atomics.load(i32, PAR_PUSHED_JOBS >> 2)
    const found = stealOffer()
    if (found !== undefined) return found
    core.spinWhile(PAR_PUSHED_JOBS, seen, ROUNDS)
  } while (monotonicNow() < end)
  return undefined
}

async function sleep(): Promise<Offer> {
  leave()
  await platform.turn()
  return blockUntil(idle)
}

/** The wait of a helper without work. */
const idle: Operation<Offer> = {
  deadline: Infinity,
  tryComplete: () => stealOffer() ?? PENDING,
  isReady: anyOffer,
  register(waiter) {
    core.registerWaiter(self, PAR_QUEUE, waiter)
    return true
  },
  unregister: waiter => core.unregisterWaiter(self, waiter) !== 0,
  accept: () => stealOffer() ?? PENDING,
}

function leave(): void {
  if (context !== undefined) endEpoch()
  context = undefined
}

/** Makes this thread know a region's functions; undefined if nobody waits for the region any more. */
async function enter(region: number): Promise<Context | undefined> {
  leave()
  if (ownerOf(region) === self) return undefined
  try {
    const plan = readPlan(region)
    if (plan === undefined) return undefined
    const [kinds, parts, watch] = plan
    const steps: Step[] = []
    for (const [closure, captures] of parts)
      steps.push(closure === 0 ? makerOf(captures) : await stepOf(closure, captures))
    context = {
      serial: serialOf(region),
      kinds,
      end: kinds[kinds.length - 1] as EndKind,
      steps,
      functions: parts.map(([closure]) => closure).join(),
      fromText: parts.some(([closure]) => closure !== 0 && closureUrl(closure).startsWith(TEXT_PREFIX)),
      loan: watch && new BorrowedValues(capturesOf(parts), watch, true),
      watch,
    }
  } catch (error) {
    const failing = () => {
      throw error
    }
    context = {
      serial: serialOf(region),
      kinds: ['forEach'],
      end: 'forEach',
      steps: [failing],
      functions: 'failing',
      fromText: false,
      loan: undefined,
      watch: undefined,
    }
  }
  return context
}

/** In the order of the names in `Watch`. */
function capturesOf(parts: Plan[1]): unknown[] {
  return parts.flatMap(([closure, captures]) => (closure === 0 ? [] : (captures as unknown[])))
}

async function stepOf(closure: number, captures: unknown): Promise<Step> {
  const url = closureUrl(closure)
  if (url.startsWith(TEXT_PREFIX)) return evaluate(url.slice(TEXT_PREFIX.length)) as Step
  let factory = factoryOf(closure)
  if (factory === undefined) {
    addBlockedWaits(1)
    try {
      factory = await loadFactory(closure)
    } finally {
      addBlockedWaits(-1)
    }
  }
  return factory(captures as unknown[]) as Step
}

/** Runs the chunks of an offer, and offers half of what is left whenever this thread has nothing on offer. */
function run(task: Offer, known: Context | undefined): void {
  const { region } = task
  let { from, to } = task
  if (known === undefined) return finishChunks(region, to - from)
  const first = from
  while (from < to) {
    if (to - from > 1 && offersNothing()) {
      const middle = (from + to) >> 1
      if (offer(region, middle, to)) to = middle
    }
    if (isWanted(region, from)) runChunk(region, from, known)
    from++
  }
  if (from > first && known.loan !== undefined) checkLoan(region, first, known)
  finishChunks(region, from - first)
}

/** A stretch of chunks must leave what they borrowed as it was. */
function checkLoan(region: number, chunk: number, { loan, end }: Context): void {
  try {
    loan!.check()
  } catch (error) {
    writePanic(chunkAt(region, chunk), error)
    if (end !== 'join') stopAll(region)
  }
}

function runChunk(region: number, number: number, known: Context): void {
  const chunk = chunkAt(region, number)
  try {
    if (known.end === 'join') {
      const result = known.steps[number]()
      refuseAsync('par.join', result)
      writeOutcome(chunk, result)
      known.loan?.check()
    } else if (runLoop(region, number, chunk, known)) stopAfter(region, known.end === 'find' ? number : -1)
  } catch (error) {
    writePanic(chunk, known.fromText ? explainMissingName(error) : error)
    if (known.end !== 'join') stopAll(region)
  }
}

/** Whether the chunk decides the whole. */
function runLoop(region: number, number: number, chunk: number, known: Context): boolean {
  const chunks = chunksIn(region)
  const length = itemsIn(region)
  const first = firstOf(number, chunks, length)
  const count = firstOf(number + 1, chunks, length) - first
  const results = packedResults(region, first)
  const at = results === undefined ? 0 : results >> 3
  const output = {
    rest: undefined as unknown[] | undefined,
    packed: f64,
    at,
    end: at + (results === undefined ? 0 : count),
  }
  const { source, from, kind } = itemsOf(region, chunk, first)
  const loop: Loop = loopFor(known.kinds, kind, true, known.functions)
  const items = known.watch && kind === 'values' ? borrowItems(source as unknown[], 0, count) : undefined
  const partial = loop(source, from, from + count, known.steps, output)
  checkItems(items, first, first + count, known.watch?.[1])
  if (known.end === 'collect') writeCollected(chunk, output.at - at, output.rest)
  else writeOutcome(chunk, partial)
  return decides(known.end, partial)
}

function itemsOf(region: number, chunk: number, first: number): { source: unknown; from: number; kind: string } {
  const start = startOf(region)
  if (start !== undefined) return { source: start, from: first, kind: 'range' }
  const vec = vecOf(region)
  if (vec !== undefined) {
    return { source: heapOf(vec.cell), from: vec.at / sizeOf(vec.cell) + first, kind: `vec ${vec.cell}` }
  }
  switch (i32[(chunk + CHUNK_KIND) >> 2]) {
    case INTS:
      return { source: i32, from: packedItem(region, first) >> 2, kind: 'ints' }
    case FLOATS:
      return { source: f64, from: packedItem(region, first) >> 3, kind: 'floats' }
    default: {
      const at = i32[(chunk + CHUNK_DATA) >> 2]
      i32[(chunk + CHUNK_DATA) >> 2] = 0
      return { source: decodeAndFree(at, i32[(chunk + CHUNK_DATA_LENGTH) >> 2]), from: 0, kind: 'values' }
    }
  }
}
