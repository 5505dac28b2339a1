/**
 * Handles that the program has forgotten though other threads can observe their end: with `FEARLESS_LEAKS=on`, each line that
 * made some is reported on stderr, once, with their number; and at the end of the process once more if there are more by then.
 *
 * A handle whose end no thread can observe is no leak: it ends by itself (unreachable.ts). It is not on by itself, because
 * every such handle then costs the stack that shows the line (0.5 us became 19).
 */
import { platform } from '#platform'
import { placeOfCaller } from '../source-location.ts'

/** Where a handle was made. */
export interface Made {
  readonly name: string
  readonly place: string
}

export interface Leaks {
  /** Notes the line that makes a handle. */
  made(handle: object, name: string): void
  madeAt(handle: object): Made | undefined
  /** A handle that was made there is forgotten, and its end can be observed. */
  report(made: Made): void
}

interface Line extends Made {
  count: number
  printed: number
}

/** Undefined unless the setting asks for it. `beforeExit` reports what was not reported yet. */
export function leakReports(beforeExit: () => void): Leaks | undefined {
  if (platform.setting('FEARLESS_LEAKS') !== 'on') return undefined
  const made = new WeakMap<object, Made>()
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
    made: (handle, name) => void made.set(handle, { name, place: placeOfCaller() }),
    madeAt: handle => made.get(handle),
    report({ name, place }) {
      const key = `${name} ${place}`
      const line = lines.get(key)
      if (line === undefined) lines.set(key, { name, place, count: 1, printed: 0 })
      else line.count++
      if (printsSoon) return
      printsSoon = true
      // Once for all handles of one collection.
      queueMicrotask(() => print(false))
    },
  }
}

function textOf({ name, place, count }: Line): string {
  return count === 1
    ? `A ${name} that was made at ${place} is forgotten: threads that wait for its end wait for ever. ` +
        'End it with `using` or `drop`, or move it to a thread that ends.\n'
    : `${count} handles (${name}) that were made at ${place} are forgotten: threads that wait for their end wait for ever. ` +
        'End each with `using` or `drop`, or move it to a thread that ends.\n'
}
