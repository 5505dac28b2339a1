/**
 * What the heap holds, by kind and by the line that made it.
 *
 * Every thing that a program holds has a record (core/handles.ts), in a thread or in a message. A report visits all records,
 * takes each thing once and asks its kind how many bytes hang on it.
 *
 * RACE: other threads go on meanwhile. A thing may be freed while it is measured, so a measure checks each address before
 * it follows it, reads no more than a bounded number of words, and may be wrong about a thing that changes. No thread
 * frees a span of records as long as the visit lasts.
 */
import { HANDLES } from '../core/alloc.ts'
import { HANDLE_KIND, HANDLE_THING } from '../core/handles.ts'
import { FREE_PAGES, HEAP_END, HEAP_FIRST, HEAP_TOP, PAGE_SHIFT, RESERVED_PAGES } from '../core/layout.ts'
import { platform } from '#platform'
import { kindAt, ownerOf } from './handles/handle.ts'
import { GENERAL_ADVICE, blockBytes, fullness, i32, things } from './heap.ts'
import { siteAt } from './sites.ts'

/** What holds memory of the shared heap: the things of one kind that one line made. */
export interface HeapHolder {
  /** What the things are: `channel`, `vec`, `Arc`, `Mutex`... */
  readonly kind: string
  /** The line that made them, as `file:line:column`. Only while development checks are on. */
  readonly line?: string
  /** All their bytes: the things themselves, their messages or values, and the records of their handles. */
  readonly bytes: number
  /** How many things there are. */
  readonly count: number
  /** How many messages wait in them, if they are channels or queues. */
  readonly messages?: number
}

/** What `thread.heapReport()` gives. */
export class HeapReport {
  /** The size of the shared heap. */
  readonly bytes: number
  /** Bytes of the pages that are in use. */
  readonly used: number
  /** Bytes of the pages that anything may use. */
  readonly free: number
  /** Bytes that only waits, ends and errors may use, so that a full heap empties again. */
  readonly reserve: number
  /** What holds the memory, the largest first. */
  readonly holders: readonly HeapHolder[]

  /** @internal */
  constructor(holders: readonly HeapHolder[]) {
    const word = (at: number): number => Atomics.load(i32, at >> 2)
    const all = word(HEAP_END) - word(HEAP_FIRST)
    const free = Math.max(0, word(HEAP_END) - word(HEAP_TOP) + (word(FREE_PAGES) << PAGE_SHIFT))
    this.bytes = i32.byteLength
    this.used = Math.max(0, all - free)
    this.reserve = Math.min(free, word(RESERVED_PAGES) << PAGE_SHIFT)
    this.free = free - this.reserve
    this.holders = holders
  }

  /** The report as a table for people. */
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

/** Of a handle. */
const RECORD_BYTES = 32

/** The things of one kind that one line made. */
interface Sum {
  readonly site: number
  bytes: number
  count: number
  messages: number | undefined
}

/**
 * What the shared heap holds now, by kind and by the line that made it: for a log, or in the handler of a `HeapFullError`.
 *
 * ```ts
 * const [tx, rx] = mpsc.channel<string>()
 * for (let i = 0; i < 1000; i++) tx.send('a line of a log')
 * const [largest] = thread.heapReport().holders
 * largest?.kind // => 'channel'
 * largest?.messages // => 1000
 * ```
 *
 * `String(report)` is a table. Never waits and never throws. It stops no other thread, so what changes meanwhile may be counted
 * wrongly. The bytes of more than 1,000 messages or entries are estimated from the first 1,000; the lines of things that a
 * program makes by the thousands are sampled. It visits every handle of the process: 1 ms for 1,000 of them, 0.2 s for a million.
 */
export function heapReport(): HeapReport {
  const sums = new Map<string, Map<number, Sum>>()
  try {
    visitRecords(sums)
  } catch {
    // A thing changed in a way that its measure cannot read.
  }
  const holders: HeapHolder[] = []
  for (const [kind, bySite] of sums) {
    for (const { site, bytes, count, messages } of shareOut(bySite)) {
      const line = siteAt(site)
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
  // A bit for each block that was measured: a third of the time of a Map (heap-report.bench.ts).
  const measured = new Uint8Array((Atomics.load(i32, HEAP_TOP >> 2) >> 7) + 1)
  for (const record of things(HANDLES)) {
    const thing = i32[(record + HANDLE_THING) >> 2]
    const kind = ownerOf(record) === 0 ? undefined : kindAt(i32[(record + HANDLE_KIND) >> 2])
    if (kind === undefined || blockBytes(thing) === 0) continue
    const name = kind.holds ?? kind.name
    const subject = kind.subject?.(thing) ?? thing
    const bytes = RECORD_BYTES + (subject === thing ? 0 : blockBytes(thing))
    const [at, bit] = [subject >> 7, 1 << ((subject >> 4) & 7)]
    if ((measured[at] & bit) !== 0) {
      // Another handle, of a thing whose line is not looked for again.
      sumOf(sums, name, 0).bytes += bytes
      continue
    }
    measured[at] |= bit
    const { bytes: held, messages, site = 0 } = kind.measure?.(subject) ?? { bytes: blockBytes(subject) }
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

/** Of many things of a kind the lines of some are known: the others were made at the same lines, in the same proportions. */
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

/** How many holders an error names, and how small a part of the heap is not worth naming. */
const MOST_NAMED = 3
const LEAST_NAMED = 1 / 64
/** A loop of refused allocations looks at the heap as seldom as this, and for at most a 20th of its time. */
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

// A simulated thread must not read what it has no right to.
if (platform.name !== 'model') fullness.describe = describeFullness
