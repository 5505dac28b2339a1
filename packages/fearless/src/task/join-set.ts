/**
 * JoinSet: a set of tasks that are joined in the order in which they end, after tokio's `JoinSet`.
 *
 * A task is in the set from its spawn until `joinNext` returns its outcome or the task is detached. At most
 * `concurrency` of the bodies that were started have not ended; the others are held back, in order. A held-back task
 * that is aborted is settled at once and skipped later.
 */
import { describe } from '../describe.ts'
import type { Crossing, crossing } from '../send.ts'
import { PENDING, type Pending } from '../wait/operation.ts'
import { runUncancelled } from '../wait/cancellation.ts'
import type { Wait } from '../wait/wait.ts'
import { TaskHandle, type TaskBody, type TaskOwner } from './task-handle.ts'
import { LocalWaitQueue, LocalQueueWait } from './local-wait-queue.ts'

class Queue<T> {
  #last: T[] = []
  /** The older items, the oldest at the end. */
  #first: T[] = []

  push(item: T): void {
    this.#last.push(item)
  }
  shift(): T | undefined {
    if (this.#first.length === 0) {
      if (this.#last.length === 0) return undefined
      this.#first = this.#last.reverse()
      this.#last = []
    }
    return this.#first.pop()
  }
  get length(): number {
    return this.#first.length + this.#last.length
  }
}

/** Options of a `JoinSet`. */
export interface JoinSetOptions {
  /** The number of bodies that run at a time; further tasks are held back. By default all run. */
  readonly concurrency?: number
}

/**
 * A set of tasks that are joined in the order in which they end.
 *
 * ```ts
 * const set = new JoinSet<string>()
 * for (const ms of [20, 10]) set.spawn(async () => { await sleep(ms); return `${ms} ms` })
 * await set.joinNext() // => '10 ms'
 * await set.joinNext() // => '20 ms'
 * await set.joinNext() // => undefined
 * ```
 *
 * `for await (const value of set)` does the same until the set is empty. Disposing the set aborts its tasks.
 */
export class JoinSet<T> {
  declare readonly [crossing]: Crossing<
    'JoinSet',
    'never: it belongs to its event loop, send the values of joinNext()',
    'never: it belongs to its event loop, send the values of joinNext()',
    T
  >
  readonly #concurrency: number
  readonly #tasks = new Set<TaskHandle<unknown>>()
  readonly #heldBack = new Queue<{ readonly task: TaskHandle<unknown>; readonly open: () => void }>()
  readonly #settled = new Queue<TaskHandle<unknown>>()
  #running = 0
  readonly #owner: TaskOwner = { settled: task => this.#onSettled(task), ended: () => this.#onEnded() }
  readonly #line = new LocalWaitQueue()
  readonly #isReady = (): boolean => this.#settled.length > 0 || this.#tasks.size === 0
  readonly #joinNext = new JoinNext<T | undefined>(this.#line, this.#isReady, () => {
    const next = this.#take()
    return next === PENDING ? PENDING : (next?.[0].poll() as T | undefined)
  })
  /** Returns the task in an array, because an awaited task would be joined. */
  readonly #joinTask = new JoinNext(this.#line, this.#isReady, () => this.#take())

  constructor(options: JoinSetOptions = {}) {
    const { concurrency = Infinity } = options
    if (
      typeof concurrency !== 'number' ||
      !(concurrency >= 1) ||
      (concurrency !== Infinity && !Number.isInteger(concurrency))
    ) {
      throw new RangeError(
        `The concurrency of a JoinSet must be a whole number of 1 or more, got ${describe(concurrency)}. Pass such a number.`,
      )
    }
    this.#concurrency = concurrency
  }

  /**
   * Adds a task. It begins as with `task.spawn`, or as soon as fewer than `concurrency` bodies run.
   *
   * The handle is for aborting or inspecting the task; `joinNext` returns its outcome all the same. A loop that joins
   * before it spawns uses constant memory for an input of any length:
   *
   * ```ts
   * const set = new JoinSet<number>()
   * let sum = 0
   * for (let i = 1; i <= 100; i++) {
   *   while (set.size >= 8) sum += (await set.joinNext())!
   *   set.spawn(async () => i)
   * }
   * for await (const value of set) sum += value
   * sum // => 5050
   * ```
   */
  spawn(f: TaskBody<T | PromiseLike<T>>): TaskHandle<T> {
    if (this.#running >= this.#concurrency) return this.#holdBack(f)
    const task = new TaskHandle<T>(f, this.#owner)
    this.#tasks.add(task)
    this.#running++
    return task
  }

  #holdBack(f: TaskBody<T | PromiseLike<T>>): TaskHandle<T> {
    const task = new TaskHandle<T>(f, this.#owner, new Promise(keepOpener))
    this.#tasks.add(task)
    this.#heldBack.push({ task, open: opener })
    return task
  }

  /**
   * Waits for the next task to end and returns its value, or `undefined` if the set is empty.
   *
   * Throws the task's error, or `CancelledError` if the task was aborted. The task has then left the set, and the
   * others run on. A `select` that chooses another arm loses no outcome.
   */
  joinNext(): Wait<T | undefined> {
    return this.#joinNext
  }

  /** Waits for all tasks and returns their values, in the order of their ends. The first error aborts the others. */
  async joinAll(): Promise<T[]> {
    const joined: TaskHandle<unknown>[] = []
    try {
      for (let next = await this.#joinTask; next !== undefined; next = await this.#joinTask) {
        const [task] = next
        task.check()
        joined.push(task)
      }
    } catch (error) {
      for (const task of joined) task.discard()
      this[Symbol.dispose]()
      throw error
    }
    return joined.map(task => task.poll() as T)
  }

  /** Aborts all tasks; `joinNext` then throws `CancelledError` for each of them. */
  abortAll(): void {
    for (const task of this.#tasks) task.abort()
  }

  /** Detaches all tasks: they run on, and the set is empty. */
  detachAll(): void {
    this.#tasks.clear()
    this.#line.wakeAll()
  }

  /** Aborts all tasks and waits until all of their bodies have ended. */
  async shutdown(): Promise<void> {
    this.abortAll()
    for (;;) {
      const next = await runUncancelled(() => this.#joinTask.then())
      if (next === undefined) return
      try {
        next[0].check()
      } catch {
        // The error of an aborted task is dropped: no code joins it any more.
      }
      next[0].discard()
    }
  }

  /** The number of tasks in the set: running ones, held-back ones, and settled ones that were not joined. */
  get size(): number {
    return this.#tasks.size
  }

  /**
   * Yields the values in the order in which the tasks end, until the set is empty. A `break` keeps the remaining tasks.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    const iterator: AsyncIterableIterator<T> = {
      next: async () => {
        if (this.#tasks.size === 0) return { value: undefined, done: true }
        return { value: (await this.#joinNext) as T, done: false }
      },
      [Symbol.asyncIterator]: () => iterator,
    }
    return iterator
  }

  /** Aborts and detaches all tasks, and drops the values that were not joined. */
  [Symbol.dispose](): void {
    this.abortAll()
    for (const task of this.#tasks) task.discard()
    this.detachAll()
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown()
  }

  #onSettled(task: TaskHandle<unknown>): void {
    if (!this.#tasks.has(task)) return
    this.#settled.push(task)
    this.#line.wakeOne()
  }

  #onEnded(): void {
    this.#running--
    while (this.#running < this.#concurrency) {
      const next = this.#heldBack.shift()
      if (next === undefined) break
      if (next.task.isFinished()) continue
      this.#running++
      next.open()
    }
  }

  #take(): [TaskHandle<unknown>] | undefined | Pending {
    for (let task = this.#settled.shift(); task !== undefined; task = this.#settled.shift()) {
      if (!this.#tasks.delete(task)) continue
      if (this.#tasks.size === 0) this.#line.wakeAll()
      return [task]
    }
    return this.#tasks.size === 0 ? undefined : PENDING
  }
}

let opener: () => void
/** Keeps the resolver of a gate. One function for all gates saves a closure for each of them. */
function keepOpener(resolve: () => void): void {
  opener = resolve
}

class JoinNext<T> extends LocalQueueWait<T> {
  readonly #line: LocalWaitQueue
  readonly #isReady: () => boolean
  readonly #take: () => T | Pending

  constructor(line: LocalWaitQueue, isReady: () => boolean, take: () => T | Pending) {
    super()
    this.#line = line
    this.#isReady = isReady
    this.#take = take
  }
  override tryComplete(): T | Pending {
    return this.#take()
  }
  override isReady(): boolean {
    return this.#isReady()
  }
  override line(): LocalWaitQueue {
    return this.#line
  }
}
