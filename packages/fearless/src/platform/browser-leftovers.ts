/**
 * State that a thread has left behind in its worker of a browser: timers, listeners of the worker's global object, and
 * new names on it. leftovers.ts describes the rules and does the same for Node.
 *
 * A browser does not list open connections, so a WebSocket that a thread leaves open is not noticed.
 */
import { replaceGlobal as replace, watchGlobalListeners } from './built-ins.ts'
import type { Leftovers } from './leftovers.ts'

type Timer = number

const HANDLERS = ['onmessage', 'onmessageerror', 'onerror', 'onunhandledrejection', 'onrejectionhandled'] as const

/** Starts to record leftovers of this worker's threads. */
export function watchWorkerLeftovers(): Leftovers {
  const timers = watchTimers()
  const listeners = watchGlobalListeners()
  let before = ''

  return {
    begin() {
      timers.clear()
      listeners.clear()
      before = fingerprint()
    },
    any() {
      if (timers.size === 0 && listeners.size === 0 && fingerprint() === before) return false
      for (const timer of timers) clearTimeout(timer)
      return true
    },
  }
}

/** Describes the names and the handlers of the global object. */
function fingerprint(): string {
  const global = globalThis as Record<string, unknown>
  return `${Object.keys(global).length} ${HANDLERS.filter(name => typeof global[name] === 'function').join()}`
}

/** Returns the timers that have been set and have neither fired nor been cleared. */
function watchTimers(): Set<Timer> {
  const running = new Set<Timer>()
  const global = globalThis as unknown as Record<string, (...args: unknown[]) => unknown>
  const { setTimeout: setTimer, clearTimeout: clear, clearInterval: clearRepeated, setInterval: setRepeated } = global
  replace('setTimeout', (f, ...rest) => {
    const timer = setTimer(
      typeof f !== 'function'
        ? f
        : (...args: unknown[]): unknown => {
            running.delete(timer)
            return (f as (...args: unknown[]) => unknown)(...args)
          },
      ...rest,
    ) as Timer
    running.add(timer)
    return timer
  })
  replace('setInterval', (...args) => {
    const timer = setRepeated(...args) as Timer
    running.add(timer)
    return timer
  })
  for (const [name, original] of [
    ['clearTimeout', clear],
    ['clearInterval', clearRepeated],
  ] as const) {
    replace(name, timer => {
      running.delete(timer as Timer)
      return original(timer)
    })
  }
  return running
}
