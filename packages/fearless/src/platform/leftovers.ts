/**
 * State that a thread has left behind in its worker, where the next thread would find it: open timers, sockets and
 * files; listeners of `process` and of the global object, and those that it has removed; changes of the title, if the
 * worker has its own; changed properties of `globalThis` and of the built-in objects.
 *
 * - Such state is not undone. A worker with leftovers ends, and the next thread runs in a fresh worker.
 * - State from before `begin` is not a leftover: a loaded module stays in its worker with everything that its
 *   evaluation created.
 * - `any` runs after every thread, so it only checks records that were made at the time of each change. Properties have
 *   no record. They are compared, but only once the worker has loaded a text that may change them (built-ins.ts).
 */
import { BuiltIns, changedBy, NOTHING, watchGlobalListeners } from './built-ins.ts'

/** The check for leftovers, made between two threads of a worker. */
export interface Leftovers {
  /** Makes the present state the worker's own. */
  begin(): void
  /** Returns whether state was left since `begin`. Stops leftover timers, because a worker may take a while to end. */
  any(): boolean
}

interface TimerLike {
  unref(): unknown
  /** Whether the timer was cleared or has fired for the last time. In Node and the runtimes with Node's timers. */
  readonly _destroyed?: boolean
}

/** The part of the built-in objects that the texts of this worker may change. */
let mayChange = NOTHING
/** The built-in objects, if this worker's leftovers are watched. */
let builtIns: BuiltIns | undefined

/** Checks whether a text that the worker is about to evaluate may change built-in objects. */
export function noteText(text: string): void {
  const part = changedBy(text)
  if (part <= mayChange) return
  mayChange = part
  builtIns?.remember(part)
}

/** The timers to record: those that lose their reference, if the runtime counts the others; or all. */
export type Timers = 'unreferenced' | 'all'

/** Starts to record leftovers. `openResources` counts the resources that keep the event loop alive. */
export function watchLeftovers(openResources: () => number, which: Timers): Leftovers {
  const listeners = new Made<readonly [event: string | symbol, listener: unknown]>(isListening)
  const timers = new Made<TimerLike>(isRunning)
  const globalListeners = typeof addEventListener === 'function' ? watchGlobalListeners() : new Set()
  const objects = (builtIns = new BuiltIns())
  let [openBefore, titleBefore] = [0, '']
  let settingsBefore: readonly unknown[] = []
  /** Whether a listener from before `begin` was removed. */
  let removed = false
  /** Whether the title is this worker's own. Else it is the process's, which a thread may change for all. */
  const titleIsOwn = Object.getOwnPropertyDescriptor(process, 'title')?.value !== undefined

  process.on('newListener', (event, listener) => listeners.add([event, listener]))
  // Bun does not tell of listeners that `removeAllListeners` removes.
  process.on('removeListener', (event, listener) => {
    removed ||= !listeners.all.some(([name, added]) => name === event && added === listener)
  })
  const watchTimers = which === 'all' ? watchMade : watchUnref
  watchTimers(timer => timers.add(timer))

  const isLeft = (): boolean =>
    openResources() > openBefore ||
    objects.haveChanged() ||
    globalListeners.size > 0 ||
    removed ||
    settings.some((read, i) => read() !== settingsBefore[i]) ||
    (titleIsOwn && process.title !== titleBefore) ||
    timers.isThere() ||
    listeners.isThere()

  return {
    begin() {
      listeners.forget()
      timers.forget()
      openBefore = openResources()
      globalListeners.clear()
      objects.remember(mayChange)
      removed = false
      settingsBefore = settings.map(read => read())
      titleBefore = process.title
    },
    any() {
      if (!isLeft()) return false
      for (const timer of timers.all) clearInterval(timer as NodeJS.Timeout)
      return true
    },
  }
}

/** Objects that threads have created, of which most no longer exist when the thread finishes. */
class Made<T> {
  readonly #isThere: (thing: T) => boolean
  all: T[] = []
  /** At this length, `add` removes the objects that no longer exist. */
  #limit = SHORTEST

  constructor(isThere: (thing: T) => boolean) {
    this.#isThere = isThere
  }
  add(thing: T): void {
    if (this.all.length >= this.#limit) {
      this.all = this.all.filter(this.#isThere)
      this.#limit = Math.max(SHORTEST, 2 * this.all.length)
    }
    this.all.push(thing)
  }
  /** Returns whether an object still exists. Clears the list if not. */
  isThere(): boolean {
    if (this.all.length === 0) return false
    if (this.all.some(this.#isThere)) return true
    this.forget()
    return false
  }
  forget(): void {
    this.all = []
    this.#limit = SHORTEST
  }
}

const SHORTEST = 1000
/** Settings of the process that have no property of their own. */
const settings: readonly (() => unknown)[] = [
  () => process.argv.length,
  () => process.exitCode,
  () => process.getMaxListeners(),
  () => process.hasUncaughtExceptionCaptureCallback?.(),
]

const isRunning = (timer: TimerLike): boolean => timer._destroyed === false

function isListening([event, listener]: readonly [event: string | symbol, listener: unknown]): boolean {
  return process.listeners(event as 'exit').includes(listener as () => void)
}

/** Records timers that lose their reference. They keep no event loop alive and so are not open resources. */
function watchUnref(unreffed: (timer: TimerLike) => void): void {
  const timer = setTimeout(() => {}, 0)
  clearTimeout(timer)
  const immediate = setImmediate(() => {})
  clearImmediate(immediate)
  for (const made of [timer, immediate]) {
    const prototype = Object.getPrototypeOf(made) as TimerLike
    const { unref } = prototype
    prototype.unref = function (this: TimerLike) {
      unreffed(this)
      return unref.call(this)
    }
  }
}

/** Records the timers that the global functions create. */
function watchMade(made: (timer: TimerLike) => void): void {
  for (const name of ['setTimeout', 'setInterval', 'setImmediate'] as const) {
    const original = globalThis[name] as unknown as (...args: unknown[]) => TimerLike
    const replaced = (...args: unknown[]): TimerLike => {
      const timer = original(...args)
      made(timer)
      return timer
    }
    Object.defineProperties(replaced, Object.getOwnPropertyDescriptors(original))
    Object.defineProperty(globalThis, name, { value: replaced, configurable: true, enumerable: true, writable: true })
  }
}
