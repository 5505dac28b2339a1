/**
 * Spin hints: a thread that pauses resumes when another thread writes bytes that it has read since its previous pause.
 *
 * Until then it would read the same values again, and reach the same pause.
 */
import type { Events } from './events.ts'
import { PAUSE, READS, START, WROTE } from './ops.ts'
import type { SearchTree } from '../search/tree.ts'

/** Returns true if a thread that pauses now may continue at once: after such a write, or if it has read nothing. */
export function mayEndPause(events: Events, process: number): boolean {
  let read = false
  for (let e = events.last[process]; isOfTurn(events, e); e = events.previousOfProcess[e]) {
    if ((events.touches[e] & READS) === 0) continue
    read = true
    if (firstWriteAfter(events, process, e) >= 0) return true
  }
  return !read
}

/** Returns true if a write to these bytes ends the pause of a thread. */
export function endsPause(events: Events, process: number, slot: number, mask: number): boolean {
  for (let e = events.last[process]; isOfTurn(events, e); e = events.previousOfProcess[e]) {
    if ((events.touches[e] & READS) !== 0 && events.slot[e] === slot && (events.mask[e] & mask) !== 0) return true
  }
  return false
}

/**
 * Orders a pause after the write that ended it: the first write to bytes that its thread has read. Later writes did not
 * contribute.
 *
 * Had another write come first, that one would have ended the pause. If it depends on this one, the search reverses the
 * two anyway. If it may touch other bytes, all enabled processes must run in place of this one.
 */
export function orderPause(events: Events, tree: SearchTree, process: number, event: number): void {
  let first = event
  for (let e = events.previousOfProcess[event]; isOfTurn(events, e); e = events.previousOfProcess[e]) {
    if ((events.touches[e] & READS) === 0) continue
    const f = firstWriteAfter(events, process, e)
    if (f >= 0 && f < first) first = f
  }
  if (first === event) return
  const slot = events.slot[first]
  const mask = events.mask[first]
  let sameBytes = true
  for (let e = events.previousOfProcess[event]; isOfTurn(events, e); e = events.previousOfProcess[e]) {
    if ((events.touches[e] & READS) === 0) continue
    if (events.slot[e] !== slot || (events.mask[e] & ~mask) !== 0) sameBytes = false
  }
  if (!sameBytes && !events.precedes(first, event)) tree.backtrack[first] |= tree.enabled[first]
  events.orderAfter(event, first)
}

/** Returns true if the event belongs to the thread's steps since its last pause. */
function isOfTurn(events: Events, event: number): boolean {
  return event >= 0 && events.kind[event] !== PAUSE && events.kind[event] !== START
}

/** Returns the first later write of another process to bytes that the event read, or -1. */
function firstWriteAfter(events: Events, process: number, event: number): number {
  const now = events.length
  let first = -1
  for (let f = events.newest(events.slot[event]); f > event; f = events.previousOnSlot[f]) {
    if (f >= now || events.process[f] === process) continue
    if ((events.touches[f] & WROTE) !== 0 && (events.mask[f] & events.mask[event]) !== 0) first = f
  }
  return first
}
