/**
 * Records the handles that a function of a parallel iterator, or a task, creates on the calling thread.
 *
 * A helper drops the handles that it created when it leaves the region. The calling thread continues, so the handles
 * that the function does not return must be dropped individually.
 *
 * - Recorded are clones, and handles whose drop other threads wait for. Other handles are dropped when they are
 *   garbage, and may lie in a cache of the library.
 * - A handle counts as returned if it lies in the result. If the result holds an opaque object, all handles count as
 *   returned.
 */

let made: object[] | undefined

let notesAll = false

/** Records a handle for the running task. Set when this thread runs its first task. */
let noteForTask: ((handle: object) => void) | undefined

export function setTaskRecorder(note: (handle: object) => void): void {
  noteForTask = note
}

/** Records a new handle. `isSeen`: it is a clone, or other threads wait for its drop. */
export function recordCreatedHandle(handle: object, isSeen: boolean): void {
  if (made === undefined) {
    if (isSeen) noteForTask?.(handle)
  } else if (isSeen || notesAll) made.push(handle)
}

/** Whether created handles are recorded. */
export function isRecordingHandles(): boolean {
  return made !== undefined || noteForTask !== undefined
}

/** Runs `f` and adds the handles that it creates to `to`: every handle if `all`. */
export function recordHandlesOf<T>(to: object[], f: () => T, all = false): T {
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
    // The outer parallel iterator contains this one, so it records these handles too.
    if (outer !== undefined && outer !== to) outer.push(...to.slice(before))
  }
}

/** Runs `f` without recording, because the handles that it creates outlive the running functions. */
export function withoutRecording<T>(f: () => T): T {
  const outer = made
  made = undefined
  try {
    return f()
  } finally {
    made = outer
  }
}

/** Returns the `handles` that do not lie in `result`. */
export function handlesOutside<H extends object>(handles: readonly H[], result: unknown): readonly H[] {
  if (handles.length === 0) return handles
  const left = new Set<unknown>(handles)
  const isSeen = visitObjects(
    result,
    object => left.delete(object),
    () => left.size === 0,
  )
  return isSeen ? handles.filter(handle => left.has(handle)) : []
}

/** Returns the objects in a value for which `isWanted` is true. Their own parts are not searched. */
export function objectsIn(value: unknown, isWanted: (object: object) => boolean): readonly object[] {
  const found: object[] = []
  visitObjects(value, object => isWanted(object) && found.push(object) > 0)
  return found
}

/**
 * Passes each object in a value to `isTaken`, and searches the parts of the objects for which it is false. Returns
 * false if an object cannot be searched.
 */
function visitObjects(root: unknown, isTaken: (object: object) => boolean, isDone = (): boolean => false): boolean {
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
    // A proxy threw.
    return false
  }
  return all || isDone()
}

/** Whether an object may hold values that its properties do not show. */
function isOpaque(object: object): boolean {
  if (object instanceof Error) return false
  const prototype = Object.getPrototypeOf(object) as object | null
  return prototype !== null && prototype !== Object.prototype
}
