/**
 * The lines of the program that make what may hold much of the heap, for the report of the heap (heap-report.ts).
 *
 * Only while walls are on. A line is a text that all threads share (interned.ts); a thing has its number, or 0. Which line
 * it is costs a stack of 10 us (heap-report.bench.ts), so a thread takes a stack for its first 1,000 things and then for 2 in a
 * millisecond: at most 2 % of its time. The report shares the others out.
 */
import { SITES_HEAD } from '../core/layout.ts'
import { platform } from '#platform'
import { isOwnFrame, placeOfCaller } from './source-location.ts'
import { Interned } from './interned.ts'
import { wallsAreOn } from './codec/walls.ts'

interface Frame {
  getFileName(): string | null | undefined
  getLineNumber(): number | null
  getColumnNumber(): number | null
  getPosition?(): number
}

/** Frames of the library that may lie above the line. */
const MOST_FRAMES = 8
const MOST_STACKS = 1000
const STACKS_PER_MS = 2
const MOST_SITES = 10_000

const tracesCallers = wallsAreOn && platform.name !== 'model'

const lines = new Interned(SITES_HEAD)
const known = new Map<string, number>()

/** The number of the line of the program that called the library; 0 where lines are not known. */
export function siteOfCaller(): number {
  if (!tracesCallers || !mayTakeStack()) return 0
  const key = keyOfCaller()
  const site = known.get(key)
  if (site !== undefined) return site
  if (known.size >= MOST_SITES || lines.size >= MOST_SITES) return 0
  const added = add(placeOfCaller())
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
    // The heap is full.
    return 0
  }
}

/** The line of a number; `undefined` for 0. */
export function siteAt(site: number): string | undefined {
  return site === 0 ? undefined : lines.textOf(site)
}

/** The first frame of the program, told by its file and its place in it: nothing is printed, and no line is looked for. */
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
