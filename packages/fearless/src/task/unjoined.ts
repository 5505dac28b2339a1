/**
 * Tasks that threw while nobody waited for them: reported on stderr when nobody can join them any more, because their
 * handle is gone or the thread ends. Joining one, before or after it threw, makes its error the joiner's business.
 */
import { platform } from '#platform'

/**
 * What is to be said, by the key under which the handle's end is watched; strong, so that the exit finds all. The
 * errors themselves would hold the handles: an engine keeps the `this` of every frame until the stack is asked for.
 */
const unjoined = new Map<object, string>()
const keys = new WeakMap<object, object>()
const gone = new FinalizationRegistry<object>(report)
let watchesExit = false

export function rememberUnjoined(task: object, error: unknown): void {
  if (!watchesExit) platform.onExit(() => [...unjoined.keys()].forEach(report))
  watchesExit = true
  const key = {}
  unjoined.set(key, platform.show(error))
  keys.set(task, key)
  gone.register(task, key, task)
}

export function forgetUnjoined(task: object): void {
  const key = keys.get(task)
  if (key === undefined) return
  keys.delete(task)
  unjoined.delete(key)
  gone.unregister(task)
}

function report(key: object): void {
  const text = unjoined.get(key)
  if (!unjoined.delete(key)) return
  platform.printError(`A task threw, and nobody joined it. Join it, or catch inside of it.\n${text}\n`)
}
