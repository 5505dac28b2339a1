/**
 * What a thread has left behind in its worker, where the next thread would meet it: open timers, sockets and files; listeners of
 * `process`; changes of `process.env` and of the title, where a worker has its own; new names on `globalThis`.
 *
 * - Nothing is undone. A worker in which something is left ends, and its next thread runs in a fresh one.
 * - What was there at `begin` is not left: a module that a worker has loaded stays with all that its evaluation made.
 * - `any` is asked after every thread, so it looks only at what was written down when it happened. The names on `globalThis` are
 *   no such thing: they are counted (2.5 us) once the worker has loaded a text that mentions the global object.
 */

/** What is asked between two threads of a worker. */
export interface Leftovers {
  /** From now on, what is there belongs to the worker. */
  begin(): void
  /** Whether something has come since; its timers are stopped then, because a worker may take a while to end. */
  any(): boolean
}

interface TimerLike {
  unref(): unknown
  /** Whether it has fired for the last time, or was cleared: of Node's timers, and of those of runtimes that have them. */
  readonly _destroyed?: boolean
}

const GLOBAL_OBJECT = /\b(?:globalThis|global|self)\b|\bdefineProperty\b/

/** Whether this worker has loaded a text that mentions the global object. */
let mentioned = false

/** Takes note of a text that the worker is about to evaluate. */
export function noteText(text: string): void {
  mentioned ||= GLOBAL_OBJECT.test(text)
}

/** Which timers are written down: those that lose their reference, where the runtime counts the others; or all. */
export type Timers = 'unreferenced' | 'all'

/** Starts to write down what threads leave. `openResources` counts what keeps the event loop busy. */
export function watchLeftovers(openResources: () => number, which: Timers): Leftovers {
  const listeners = new Made<readonly [event: string | symbol, listener: unknown]>(isListening)
  const timers = new Made<TimerLike>(isRunning)
  let envChanged = false
  let [openBefore, namesBefore, titleBefore] = [0, 0, '']
  /** Elsewhere it is the process's, which a thread may change for all. */
  const titleIsOwn = Object.getOwnPropertyDescriptor(process, 'title')?.value !== undefined

  process.on('newListener', (event, listener) => listeners.add([event, listener]))
  watchEnv(() => (envChanged = true))
  const watchTimers = which === 'all' ? watchMade : watchUnref
  watchTimers(timer => timers.add(timer))

  const isLeft = (): boolean =>
    envChanged ||
    openResources() > openBefore ||
    (mentioned && names() !== namesBefore) ||
    (titleIsOwn && process.title !== titleBefore) ||
    timers.isThere() ||
    listeners.isThere()

  return {
    begin() {
      listeners.forget()
      timers.forget()
      envChanged = false
      openBefore = openResources()
      namesBefore = names()
      titleBefore = process.title
    },
    any() {
      if (!isLeft()) return false
      for (const timer of timers.all) clearInterval(timer as NodeJS.Timeout)
      return true
    },
  }
}

/** Things that a thread has made, of which most are gone when it ends. */
class Made<T> {
  readonly #isThere: (thing: T) => boolean
  all: T[] = []
  /** At this length those that are gone are taken out. */
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
  /** Whether any is still there; if none is, all are forgotten. */
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
const names = (): number => Object.keys(globalThis).length
const isRunning = (timer: TimerLike): boolean => timer._destroyed === false

function isListening([event, listener]: readonly [event: string | symbol, listener: unknown]): boolean {
  return process.listeners(event as 'exit').includes(listener as () => void)
}

/** A worker's `process.env` is a copy of its own; it tells of every change now. */
function watchEnv(changed: () => void): void {
  const env = new Proxy(process.env, {
    set(target, key, value) {
      changed()
      return Reflect.set(target, key, value)
    },
    defineProperty(target, key, descriptor) {
      changed()
      return Reflect.defineProperty(target, key, descriptor)
    },
    deleteProperty(target, key) {
      changed()
      return Reflect.deleteProperty(target, key)
    },
  })
  Object.defineProperty(process, 'env', { value: env, configurable: true, enumerable: true, writable: true })
  // `import { env } from 'node:process'` is the same object.
  process.getBuiltinModule('node:module').syncBuiltinESMExports()
}

/** The timers that are none of the open resources, because they keep no event loop alive. */
function watchUnref(unreffed: (timer: TimerLike) => void): void {
  const timer = setTimeout(() => {}, 0)
  clearTimeout(timer)
  const prototype = Object.getPrototypeOf(timer) as TimerLike
  const { unref } = prototype
  prototype.unref = function (this: TimerLike) {
    unreffed(this)
    return unref.call(this)
  }
}

/** The timers that the global functions make. */
function watchMade(made: (timer: TimerLike) => void): void {
  for (const name of ['setTimeout', 'setInterval'] as const) {
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
