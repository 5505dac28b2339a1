/**
 * Errors of tasks that were not joined: printed on stderr when no code can join the task any more, because its handle
 * was garbage-collected or the thread ends. A join before or after the error takes the error.
 */
import { platform } from '#platform'

/**
 * The texts of these errors, by the key under which the handle is watched; strong, so that the exit prints all. The
 * errors themselves would keep the handles alive: an engine keeps the `this` of every frame until the stack is read.
 */
const unjoined = new Map<object, string>()
const keys = new WeakMap<object, object>()
const gone = new FinalizationRegistry<object>(report)
let watchesExit = false

export function rememberUnjoinedError(task: object, error: unknown): void {
  if (!watchesExit) platform.onExit(() => [...unjoined.keys()].forEach(report))
  watchesExit = true
  const key = {}
  unjoined.set(key, platform.show(error))
  keys.set(task, key)
  gone.register(task, key, task)
}

export function discardUnjoinedError(task: object): void {
  const key = keys.get(task)
  if (key === undefined) return
  keys.delete(task)
  unjoined.delete(key)
  gone.unregister(task)
}

function report(key: object): void {
  const text = unjoined.get(key)
  if (!unjoined.delete(key)) return
  platform.printError(`A task threw an error and was not joined. Join the task, or catch the error in it.\n${text}\n`)
}
