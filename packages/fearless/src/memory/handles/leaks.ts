/**
 * Reports leaked handles: handles that became garbage without a drop although another thread can observe their drop.
 *
 * With `FEARLESS_LEAKS=on`, each source line that created such handles is reported once on stderr, with their number.
 * It is reported once more at the end of the process if the number has grown. A handle whose drop no thread can observe
 * is no leak: it is dropped automatically (unreachable.ts). The setting is off by default, because each such handle
 * needs a stack trace to find its line: 19 us instead of 0.5.
 */
import { platform } from '#platform'
import { withFirstArticle } from '../../describe.ts'
import { locationOfCaller } from '../creation-sites.ts'

/** The class of a handle and the location that created it. */
export interface CreationSite {
  readonly name: string
  readonly place: string
}

export interface LeakReporter {
  /** Records the source line that creates a handle. */
  made(handle: object, name: string): void
  madeAt(handle: object): CreationSite | undefined
  /** Counts a leaked handle of this location. */
  report(made: CreationSite): void
}

interface Line extends CreationSite {
  count: number
  printed: number
}

/** Returns undefined unless FEARLESS_LEAKS is on. `beforeExit` reports the handles that were not reported yet. */
export function createLeakReporter(beforeExit: () => void): LeakReporter | undefined {
  if (platform.setting('FEARLESS_LEAKS') !== 'on') return undefined
  const made = new WeakMap<object, CreationSite>()
  const lines = new Map<string, Line>()
  let printsSoon = false

  function print(isEnd: boolean): void {
    printsSoon = false
    for (const line of lines.values()) {
      if (line.printed === line.count || (line.printed > 0 && !isEnd)) continue
      line.printed = line.count
      platform.printError(textOf(line))
    }
  }

  platform.onExit(() => {
    beforeExit()
    print(true)
  })
  return {
    made: (handle, name) => void made.set(handle, { name, place: locationOfCaller() }),
    madeAt: handle => made.get(handle),
    report({ name, place }) {
      const key = `${name} ${place}`
      const line = lines.get(key)
      if (line === undefined) lines.set(key, { name, place, count: 1, printed: 0 })
      else line.count++
      if (printsSoon) return
      printsSoon = true
      // One report for all handles of one collection.
      queueMicrotask(() => print(false))
    },
  }
}

function textOf({ name, place, count }: Line): string {
  return count === 1
    ? `${withFirstArticle(name)} created at ${place} was garbage-collected without being dropped, so threads that wait for its drop wait ` +
        'for ever. Use `using`, call `drop`, or move it to a thread that finishes.\n'
    : `${count} handles (${name}) created at ${place} were garbage-collected without being dropped, so threads that wait ` +
        'for their drop wait for ever. Use `using`, call `drop`, or move each to a thread that finishes.\n'
}
