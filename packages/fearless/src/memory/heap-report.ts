/**
 * A report of the heap's contents, by kind of object and by the source line that created it.
 *
 * Each handle, in a thread or in a message, has a handle record (core/handles.ts). A report visits all records, counts
 * each object once, and asks its kind for the bytes that the object holds.
 *
 * RACE: other threads continue during the visit and may free an object while it is measured. So `measure` checks each
 * address before following it and reads a bounded number of words. Its result for an object that changes may be wrong.
 * No thread frees a span of handle records during a visit.
 */
import { get, load } from '../core/memory.ts'
import { HANDLES } from '../core/alloc.ts'
import { HANDLE_KIND, HANDLE_OBJECT } from '../core/handles.ts'
import { FREE_PAGES, HEAP_END, HEAP_FIRST, HEAP_TOP, PAGE_SHIFT, RESERVED_PAGES } from '../core/layout.ts'
import { platform } from '#platform'
import { handleClassAt, ownerOf } from './handles/handle.ts'
import { GENERAL_ADVICE, allocationBytes, heapFullAdvice, i32, objectsOfClass } from './heap.ts'
import { lineOfSite } from './creation-sites.ts'

/** The objects of one kind that one source line created, with the memory that they hold. */
export interface HeapHolder {
  /** The kind of the objects: `channel`, `vec`, `Arc`, `Mutex`... */
  readonly kind: string
  /** The source line that created the objects, as `file:line:column`. Present only while development checks are on. */
  readonly line?: string
  /** The bytes of all the objects: their own memory, their messages or values, and their handle records. */
  readonly bytes: number
  /** The number of objects. */
  readonly count: number
  /** The number of messages in the objects, if they are channels or queues. */
  readonly messages?: number
}

/** The result of `thread.heapReport()`: the totals of the shared heap and the objects that hold its memory. */
export class HeapReport {
  /** The size of the shared heap. */
  readonly bytes: number
  /** Bytes of the pages in use. */
  readonly used: number
  /** Bytes of the pages that any allocation may use. */
  readonly free: number
  /** Bytes of the pages that only waits, drops and errors may use, so that memory of a full heap can be freed. */
  readonly reserve: number
  /** The holders of memory, the largest first. */
  readonly holders: readonly HeapHolder[]

  /** @internal */
  constructor(holders: readonly HeapHolder[]) {
    const word = (at: number): number => load(at)
    const all = word(HEAP_END) - word(HEAP_FIRST)
    const free = Math.max(0, word(HEAP_END) - word(HEAP_TOP) + (word(FREE_PAGES) << PAGE_SHIFT))
    this.bytes = i32.byteLength
    this.used = Math.max(0, all - free)
    this.reserve = Math.min(free, word(RESERVED_PAGES) << PAGE_SHIFT)
    this.free = free - this.reserve
    this.holders = holders
  }

  /** Returns the report as a table. */
  toString(): string {
    const lines = this.holders.map(holder => `${inUnits(holder.bytes).padStart(10)}  ${describeHolder(holder)}`)
    const rest = this.used - this.holders.reduce((sum, { bytes }) => sum + bytes, 0)
    lines.push(
      `${inUnits(Math.max(0, rest)).padStart(10)}  everything else: threads, caches, parts of pages that are not in use`,
    )
    return (
      `The shared heap has ${inUnits(this.bytes)}: ${inUnits(this.used)} in use, ${inUnits(this.free)} free, ` +
      `${inUnits(this.reserve)} in reserve.\n${lines.join('\n')}`
    )
  }
}

/** Size of a handle record. */
const RECORD_BYTES = 32

/** The totals of the objects of one kind that one source line created. */
interface Sum {
  readonly site: number
  bytes: number
  count: number
  messages: number | undefined
}

/**
 * Reports the contents of the shared heap by kind and source line, for a log or the handler of a `HeapFullError`.
 *
 * ```ts
 * const [tx, rx] = mpsc.channel<string>()
 * for (let i = 0; i < 1000; i++) tx.send('a line of a log')
 * const [largest] = thread.heapReport().holders
 * largest?.kind // => 'channel'
 * largest?.messages // => 1000
 * ```
 *
 * `String(report)` is a table. Never waits and never throws. Other threads continue during the report, so objects that
 * change may be counted wrongly. The bytes of more than 1,000 messages or entries are estimated from the first 1,000.
 * The lines of objects that a program creates by the thousands are sampled. The report visits every handle of the
 * process: 1 ms for 1,000 handles, 0.2 s for a million.
 */
export function heapReport(): HeapReport {
  const sums = new Map<string, Map<number, Sum>>()
  try {
    visitRecords(sums)
  } catch {
    // An object changed while `measure` read it.
  }
  const holders: HeapHolder[] = []
  for (const [kind, bySite] of sums) {
    for (const { site, bytes, count, messages } of shareOut(bySite)) {
      const line = lineOfSite(site)
      holders.push({
        kind,
        ...(line !== undefined && { line }),
        bytes,
        count,
        ...(messages !== undefined && { messages }),
      })
    }
  }
  return new HeapReport(holders.sort((a, b) => b.bytes - a.bytes))
}

function visitRecords(sums: Map<string, Map<number, Sum>>): void {
  // One bit for each allocation that was measured, in a third of the time of a Map (heap-report.bench.ts).
  const measured = new Uint8Array((load(HEAP_TOP) >> 7) + 1)
  for (const record of objectsOfClass(HANDLES)) {
    const thing = get(record + HANDLE_OBJECT)
    const kind = ownerOf(record) === 0 ? undefined : handleClassAt(get(record + HANDLE_KIND))
    if (kind === undefined || allocationBytes(thing) === 0) continue
    const name = kind.holds ?? kind.name
    const subject = kind.subject?.(thing) ?? thing
    const bytes = RECORD_BYTES + (subject === thing ? 0 : allocationBytes(thing))
    const [at, bit] = [subject >> 7, 1 << ((subject >> 4) & 7)]
    if ((measured[at] & bit) !== 0) {
      // A further handle of a measured object, whose line is not recorded again.
      sumOf(sums, name, 0).bytes += bytes
      continue
    }
    measured[at] |= bit
    const { bytes: held, messages, site = 0 } = kind.measure?.(subject) ?? { bytes: allocationBytes(subject) }
    const sum = sumOf(sums, name, site)
    sum.bytes += bytes + held
    sum.count++
    if (messages !== undefined) sum.messages = (sum.messages ?? 0) + messages
  }
}

function sumOf(sums: Map<string, Map<number, Sum>>, kind: string, site: number): Sum {
  let bySite = sums.get(kind)
  if (bySite === undefined) sums.set(kind, (bySite = new Map()))
  let sum = bySite.get(site)
  if (sum === undefined) bySite.set(site, (sum = { site, bytes: 0, count: 0, messages: undefined }))
  return sum
}

/**
 * Distributes the objects without a line over the known lines of their kind, in the proportions of the objects whose
 * lines were sampled.
 */
function shareOut(bySite: Map<number, Sum>): Iterable<Sum> {
  const rest = bySite.get(0)
  if (rest === undefined || bySite.size === 1) return bySite.values()
  bySite.delete(0)
  const known = [...bySite.values()]
  const all = known.reduce((sum, { count }) => sum + count, 0)
  for (const each of known) {
    const share = each.count / all
    each.bytes += Math.round(rest.bytes * share)
    each.count += Math.round(rest.count * share)
    if (rest.messages !== undefined) each.messages = (each.messages ?? 0) + Math.round(rest.messages * share)
  }
  return known
}

function describeHolder({ kind, line, count, messages }: HeapHolder): string {
  return (
    `${countOf(count, kind)}${line === undefined ? '' : ` made at ${line}`}` +
    (messages === undefined ? '' : `, ${countOf(messages, 'message')}`)
  )
}

function countOf(count: number, name: string): string {
  return `${count.toLocaleString('en')} ${name}${count === 1 ? '' : name.endsWith('x') ? 'es' : 's'}`
}

function inUnits(bytes: number): string {
  for (const [unit, size] of [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ] as const) {
    if (bytes >= size) return `${(bytes / size).toFixed(1)} ${unit}`
  }
  return `${bytes} B`
}

// ------------------------------------------------ for HeapFullError

/** The most holders that an error names, and the least share of the used memory that it names. */
const MOST_NAMED = 3
const LEAST_NAMED = 1 / 64
/** A loop of refused allocations visits the heap at most once per interval, and for at most a 20th of its time. */
const REPORT_EVERY_MS = 1000
const COST_RATIO = 20

let text = ''
let textIsOldAt = -Infinity

function describeFullness(): string {
  const begin = performance.now()
  if (begin < textIsOldAt) return text
  const { used, holders } = heapReport()
  const named = holders.slice(0, MOST_NAMED).filter(({ bytes }) => bytes >= used * LEAST_NAMED)
  const list = named.map(({ bytes, ...holder }) => `${inUnits(bytes)} in ${describeHolder({ bytes, ...holder })}`)
  text = (list.length === 0 ? '' : `It holds ${list.join('; ')}. `) + adviceFor(named[0])
  const end = performance.now()
  textIsOldAt = end + Math.max(REPORT_EVERY_MS, (end - begin) * COST_RATIO)
  return text
}

function adviceFor(holder: HeapHolder | undefined): string {
  if (holder?.kind === 'channel' || holder?.kind === 'SegQueue') {
    return 'Bound the channel (`mpsc.channel(1000)`), or receive faster'
  }
  if (holder?.kind === 'vec') return 'End each vec after its last use with `using` or `drop`'
  return GENERAL_ADVICE
}

// Excluded from the model checker, because a simulated thread must not read memory that it does not own.
if (platform.name !== 'model') heapFullAdvice.describe = describeFullness
