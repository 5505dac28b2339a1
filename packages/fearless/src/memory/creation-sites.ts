/**
 * The source lines that create objects, for the heap report (heap-report.ts). Recorded only while walls are on.
 *
 * All threads share the texts of the lines (interner.ts); an object holds the number of its line, or 0. A stack trace
 * takes 10 us (heap-report.bench.ts). So a thread takes one for each of its first 1,000 objects and then for 2 objects
 * in a millisecond: at most 2 % of its time. The report distributes the other objects over the known lines.
 */
import { SITES_HEAD } from '../core/layout.ts'
import { platform } from '#platform'
import { TextInterner } from './interner.ts'
import { wallsAreOn } from '../platform/settings.ts'

/** The path of this library, whose frames are not the program's. */
const own = new URL('..', import.meta.url).pathname

/** Whether a stack frame, or its file, belongs to the library. */
function isOwnFrame(frame: string): boolean {
  return frame.includes(own)
}

/** Returns the source line of the program that called the library. */
export function locationOfCaller(): string {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 30
  const { stack } = new Error()
  Error.stackTraceLimit = limit
  return locationIn(stack) ?? 'unknown place'
}

/** Returns the first location in a stack that belongs to the program, or undefined. */
export function locationIn(stack: string | undefined): string | undefined {
  const frames = (stack ?? '').split('\n').slice(1)
  const frame = frames.find(line => !isOwnFrame(line)) ?? ''
  // Closures are extracted into files of other names, which keep the line numbers.
  return /\(?((?:file:|https?:|\/|[A-Z]:)[^\s()]*)\)?\s*$/.exec(frame)?.[1].replace(/\?fl=\w+|\.fl-\w+\.mjs/, '')
}

interface Frame {
  getFileName(): string | null | undefined
  getLineNumber(): number | null
  getColumnNumber(): number | null
  getPosition?(): number
}

/** The most frames of the library above the caller's frame. */
const MOST_FRAMES = 8
const MOST_STACKS = 1000
const STACKS_PER_MS = 2
const MOST_SITES = 10_000

const tracesCallers = wallsAreOn && platform.name !== 'model'

const lines = new TextInterner(SITES_HEAD)
const known = new Map<string, number>()

/** Returns the number of the source line that called the library, or 0 if the line was not recorded. */
export function siteOfCaller(): number {
  if (!tracesCallers || !mayTakeStack()) return 0
  const key = keyOfCaller()
  const site = known.get(key)
  if (site !== undefined) return site
  if (known.size >= MOST_SITES || lines.size >= MOST_SITES) return 0
  const added = add(locationOfCaller())
  if (added !== 0) known.set(key, added)
  return added
}

let stacks = MOST_STACKS
let countedAt = 0

function mayTakeStack(): boolean {
  if (stacks < 1) {
    const now = performance.now()
    stacks = Math.min(MOST_STACKS, (now - countedAt) * STACKS_PER_MS)
    countedAt = now
    if (stacks < 1) return false
  }
  stacks--
  return true
}

function add(place: string): number {
  try {
    return lines.numberOf(place)
  } catch {
    // The heap is full, so the line stays unknown.
    return 0
  }
}

/** Returns the line of a number, or undefined for 0. */
export function lineOfSite(site: number): string | undefined {
  return site === 0 ? undefined : lines.textOf(site)
}

/**
 * Identifies the first frame of the program by file and position, without formatting the stack or looking up a line.
 */
function keyOfCaller(): string {
  const { prepareStackTrace, stackTraceLimit } = Error
  Error.stackTraceLimit = MOST_FRAMES
  Error.prepareStackTrace = keyOf
  try {
    return String(new Error().stack)
  } finally {
    Error.prepareStackTrace = prepareStackTrace!
    Error.stackTraceLimit = stackTraceLimit
  }
}

function keyOf(_error: unknown, frames: readonly Frame[]): string {
  for (const frame of frames) {
    const file = frame.getFileName()
    if (typeof file !== 'string' || isOwnFrame(file)) continue
    return `${file}:${frame.getPosition?.() ?? `${frame.getLineNumber()}:${frame.getColumnNumber()}`}`
  }
  return ''
}
