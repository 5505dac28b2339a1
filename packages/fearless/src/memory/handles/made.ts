/**
 * Handles that are made while a function of a parallel iterator, or a task, runs on the calling thread. A helper drops what it has
 * made when it leaves the region; the calling thread goes on, so what it does not hand over has to be dropped by name.
 *
 * - Noted are clones, and handles whose end others wait for. Any other one ends when it is garbage, and may lie in a cache of the
 *   library.
 * - A handle is handed over if it lies in the result. Where the result cannot be looked through, all are.
 */
import type { Handle } from './handle.ts'

let made: Handle[] | undefined

let notesAll = false

/** Notes a handle for the task that is running, once this thread has had one. */
let noteForTask: ((handle: Handle) => void) | undefined

export function noteForTasks(note: (handle: Handle) => void): void {
  noteForTask = note
}

/** A handle was made. `isSeen`: it is a clone, or others wait for its end. */
export function wasMade(handle: Handle, isSeen: boolean): void {
  if (made === undefined) {
    if (isSeen) noteForTask?.(handle)
  } else if (isSeen || notesAll) made.push(handle)
}

/** Whether handles are noted. */
export function isNoting(): boolean {
  return made !== undefined || noteForTask !== undefined
}

/** Runs `f` and adds the handles that it makes to `to`: every one, if `all`. */
export function noteMade<T>(to: Handle[], f: () => T, all = false): T {
  const outer = made
  const outerAll = notesAll
  const before = to.length
  made = to
  notesAll = all
  try {
    return f()
  } finally {
    made = outer
    notesAll = outerAll
    // A parallel iterator inside of another one.
    if (outer !== undefined && outer !== to) outer.push(...to.slice(before))
  }
}

/** Runs `f`, which makes what outlives the functions that are running. */
export function unnoted<T>(f: () => T): T {
  const outer = made
  made = undefined
  try {
    return f()
  } finally {
    made = outer
  }
}

/** Those of `handles` that do not lie in `result`. */
export function lostHandles(handles: readonly Handle[], result: unknown): readonly Handle[] {
  if (handles.length === 0) return handles
  const left = new Set<unknown>(handles)
  const isSeen = lookThrough(
    result,
    object => left.delete(object),
    () => left.size === 0,
  )
  return isSeen ? handles.filter(handle => left.has(handle)) : []
}

/** Those objects in a value that `isWanted` names, which are not looked into. */
export function objectsIn(value: unknown, isWanted: (object: object) => boolean): readonly object[] {
  const found: object[] = []
  lookThrough(value, object => isWanted(object) && found.push(object) > 0)
  return found
}

/** Shows the objects in a value to `isTaken`, and looks into those that it does not take; false if one cannot be looked into. */
function lookThrough(root: unknown, isTaken: (object: object) => boolean, isDone = (): boolean => false): boolean {
  const seen = new Set<unknown>()
  const open: unknown[] = [root]
  let all = true
  try {
    while (open.length > 0 && !isDone()) {
      const value = open.pop()
      if (typeof value !== 'object' || value === null || seen.has(value) || isTaken(value)) continue
      seen.add(value)
      if (value instanceof Map) for (const entry of value) open.push(...entry)
      else if (value instanceof Set) for (const member of value) open.push(member)
      else if (Array.isArray(value)) value.forEach(element => open.push(element))
      else if (ArrayBuffer.isView(value)) continue
      else if (isOpaque(value)) all = false
      else for (const { value: part } of Object.values(Object.getOwnPropertyDescriptors(value))) open.push(part)
    }
  } catch {
    // A proxy refuses to be looked at.
    return false
  }
  return all || isDone()
}

/** Whether an object may hold something that its properties do not show. */
function isOpaque(object: object): boolean {
  if (object instanceof Error) return false
  const prototype = Object.getPrototypeOf(object) as object | null
  return prototype !== null && prototype !== Object.prototype
}
