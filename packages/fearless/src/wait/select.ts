/**
 * Select: waits for the first of several waits (its arms). Exactly one arm completes; the others have no effect. After
 * crossbeam's `Select`.
 *
 * - A select registers one waiter per arm, all with the same claim word. The notifier that exchanges the word from 0 to
 *   its waiter has chosen that arm; every other notifier skips the waiters of this select.
 * - A select that stops waiting exchanges its own claim word first, so that no notifier can choose an arm afterwards.
 * - Among several ready arms the winner is random, so that no arm starves. A biased select takes the first one.
 */
import { core, self } from '../core/index.ts'
import { describe } from '../describe.ts'
import { DroppedError } from '../errors.ts'
import type { Handle } from '../memory/handles/handle.ts'

import { cas, get, load, set, store } from '../core/memory.ts'
import { WAITER_OWN_CLAIM, WAITER_CLAIM, WAITER_QUEUE, WAITER_YIELDS } from '../core/wait-queue.ts'
import { PENDING, type Operation, type Pending, type StrandedWait } from './operation.ts'
import { describeStranded } from './loop-deadlock.ts'
import { unwrapReported, reportIfUnwaited } from './unwaited.ts'
import { Wait, isWait } from './wait.ts'
import { freeWaiter, newWaiter } from './waiter.ts'
import { removeOnWake, freeWokenWaiter, shareWakeCallback } from './yield.ts'

/** The result of a select: the name of the winning arm, and its value. */
export type Selected<Arms extends Record<string, Wait<unknown>>> = {
  [Key in keyof Arms & string]: { readonly key: Key; readonly value: Arms[Key] extends Wait<infer T> ? T : never }
}[keyof Arms & string]

/**
 * Waits for the first of several waits and completes only that one.
 *
 * ```ts
 * const [tx, rx] = mpsc.channel<string>()
 * thread.spawn(move(() => tx.send('<html>')))
 * const first = await select({ page: rx.recv(), late: sleep(10_000) })
 * if (first.key === 'page') console.log(first.value) // <html>
 * const [room, work] = mpsc.channel<number>(1)
 * select({ page: work.recv(), late: sleep(100) }).try() // => undefined
 * select({ page: work.recv(), room: room.send(1) }).try()?.key // => 'room'
 * ```
 *
 * Among several ready arms it chooses one at random. A losing send keeps its value, and a losing receive takes no
 * message. Throws the error of the winning arm; the receive of a closed channel is ready with a `ClosedError`. The
 * `key` of the error is the arm's name, so a loop can remove that arm and continue. `try()` does not wait; `within(ms)`
 * and `wait(ms)` set a limit. An arm of `after(ms)` or `sleep(ms)` is a limit with a value of its own.
 *
 * ```ts
 * const [[left, a], [right, b]] = [mpsc.channel<number>(), mpsc.channel<number>()]
 * for (const n of [1, 2]) left.send(n)
 * right.send(3)
 * drop(left)
 * drop(right)
 * const open = new Map([['a', a], ['b', b]])
 * let sum = 0
 * while (open.size > 0) {
 *   try {
 *     sum += (await select(Object.fromEntries([...open].map(([key, rx]) => [key, rx.recv()])))).value
 *   } catch (error) {
 *     if (!(error instanceof ClosedError)) throw error
 *     open.delete(error.key!)
 *   }
 * }
 * sum // => 6
 * ```
 */
export function select<Arms extends Record<string, Wait<unknown>>>(arms: Arms): Wait<Selected<Arms>> {
  return reportIfUnwaited(selecting(arms, false), 'select', select)
}

/**
 * Waits as `select` does, but chooses the first of several ready arms, in the order in which they are written.
 *
 * ```ts
 * const [stop, stopped] = mpsc.channel<void>()
 * const [tx, jobs] = mpsc.channel<string>()
 * tx.send('clean up')
 * stop.send()
 * const next = await select.biased({ stop: stopped.recv(), job: jobs.recv() })
 * next.key // => 'stop'
 * ```
 *
 * An arm that is always ready starves the arms after it.
 */
select.biased = function biased<Arms extends Record<string, Wait<unknown>>>(arms: Arms): Wait<Selected<Arms>> {
  return reportIfUnwaited(selecting(arms, true), 'select', biased)
}

function selecting<Arms extends Record<string, Wait<unknown>>>(arms: Arms, biased: boolean): Wait<Selected<Arms>> {
  if (Object.keys(arms).length === 0) {
    throw new DroppedError('A select without arms would wait for ever. Pass at least one Wait.')
  }
  for (const [key, arm] of Object.entries<unknown>(arms)) {
    if (isWait(arm)) continue
    throw new TypeError(
      `The arm ${key} of a select must be a Wait, got ${describe(arm)}. ` +
        'Pass one, such as `rx.recv()` or `sleep(100)`.',
    )
  }
  if (Object.values(arms).some(arm => arm.selects)) {
    throw new TypeError('A select cannot be an arm of another select. Put all arms in one select.')
  }
  return new Select(bareArms(arms), biased) as unknown as Wait<Selected<Arms>>
}

/** Unwraps the reported waits of the arms: a Wait that is an arm counts as waited for. */
function bareArms(arms: Record<string, Wait<unknown>>): Record<string, Wait<unknown>> {
  return Object.fromEntries(Object.entries(arms).map(([key, wait]) => [key, unwrapReported(wait)]))
}

interface Outcome {
  readonly key: string
  readonly value: unknown
}

class Select extends Wait<Outcome> {
  readonly #arms: Record<string, Wait<unknown>>
  readonly #biased: boolean

  constructor(arms: Record<string, Wait<unknown>>, biased: boolean) {
    super()
    this.#arms = arms
    this.#biased = biased
  }
  override get selects(): boolean {
    return true
  }
  override begin(): Operation<Outcome> {
    const arms = Object.entries(this.#arms).map(([key, wait]) => ({ key, attempt: wait.begin(), waiter: 0 }))
    return new Selecting(arms, this.#biased)
  }
}

interface Arm {
  readonly key: string
  readonly attempt: Operation<unknown>
  /** The waiter of this arm while it is registered; 0 otherwise. */
  waiter: number
}

const GIVEN_UP = -1

/** The errors whose `key` a select has set. */
const written = new WeakSet<Error>()

/** Sets the `key` of an arm's error to the arm's name. An error of the program that has a `key` of its own keeps it. */
function keyed(error: unknown, key: string): unknown {
  if (!(error instanceof Error) || !Object.isExtensible(error) || ('key' in error && !written.has(error))) return error
  written.add(error)
  return Object.assign(error, { key })
}

class Selecting implements Operation<Outcome> {
  readonly #arms: readonly Arm[]
  readonly #biased: boolean

  constructor(arms: readonly Arm[], biased: boolean) {
    this.#arms = arms
    this.#biased = biased
  }

  /**
   * Computed again before each sleep, because another thread may have received the tick that a timer was due to send.
   */
  get deadline(): number {
    return Math.min(...this.#arms.map(arm => arm.attempt.deadline))
  }

  get isSliced(): boolean {
    return this.#arms.some(arm => arm.attempt.isSliced === true)
  }

  tryComplete(): Outcome | Pending {
    const { length } = this.#arms
    const start = this.#biased ? 0 : Math.floor(Math.random() * length)
    for (let i = 0; i < length; i++) {
      const { key, attempt } = this.#arms[(start + i) % length]
      let value: unknown
      try {
        value = attempt.tryComplete()
      } catch (error) {
        throw keyed(error, key)
      }
      if (value !== PENDING) return { key, value }
    }
    return PENDING
  }

  isReady(): boolean {
    return this.#arms.some(({ key, attempt }) => {
      try {
        return attempt.isReady()
      } catch (error) {
        throw keyed(error, key)
      }
    })
  }

  register(first: number): boolean {
    const claim = first + WAITER_OWN_CLAIM
    const yields = get(first + WAITER_YIELDS) as 0 | 1
    store(claim, 0)
    set(first + WAITER_CLAIM, claim)
    for (const arm of this.#arms) {
      arm.waiter = newWaiter(yields)
      set(arm.waiter + WAITER_CLAIM, claim)
      if (yields === 1) shareWakeCallback(arm.waiter, first)
      let entered = false
      try {
        entered = arm.attempt.register(arm.waiter)
      } catch (error) {
        this.#notEntered(arm)
        if (this.unregister(first)) throw keyed(error, arm.key)
        return true
      }
      if (entered) continue
      this.#notEntered(arm)
      // This arm can complete at once: unregister the others, unless a notifier has chosen one of them.
      return !this.unregister(first)
    }
    return true
  }

  #notEntered(arm: Arm): void {
    const { waiter } = arm
    arm.waiter = 0
    this.#free(waiter, false)
  }

  unregister(first: number): boolean {
    if (cas(first + WAITER_OWN_CLAIM, 0, GIVEN_UP) !== 0) return false
    for (const arm of this.#arms) this.#leaveArm(arm)
    return true
  }

  accept(first: number): Outcome | Pending {
    const winner = this.#winner(first)
    if (winner === undefined) return this.tryComplete()
    const { waiter } = winner
    for (const arm of this.#arms) if (arm !== winner) this.#leaveArm(arm)
    winner.waiter = 0
    try {
      const value = winner.attempt.accept(waiter)
      return value === PENDING ? PENDING : { key: winner.key, value }
    } catch (error) {
      throw keyed(error, winner.key)
    } finally {
      this.#free(waiter, true)
    }
  }

  hasHandover(first: number): boolean {
    const winner = this.#winner(first)
    return winner !== undefined && winner.attempt.hasHandover?.(winner.waiter) === true
  }

  discardWake(first: number): void {
    const winner = this.#winner(first)
    for (const arm of this.#arms) {
      if (arm !== winner) {
        this.#leaveArm(arm)
        continue
      }
      const { waiter } = arm
      arm.waiter = 0
      arm.attempt.discardWake?.(waiter)
      const queue = get(waiter + WAITER_QUEUE)
      if (queue !== 0) core.wakeAll(self, queue)
      this.#free(waiter, true)
    }
  }

  /** Returns the arm that a notifier has chosen, or undefined. */
  #winner(first: number): Arm | undefined {
    const chosen = load(first + WAITER_OWN_CLAIM)
    const winner = this.#arms.find(arm => arm.waiter === chosen && arm.waiter !== 0)
    // RACE: the notifier has exchanged our claim word but may not have transferred its value yet. It does both under
    // the queue's latch, and we acquire that latch here; afterwards the waiter is ours.
    if (winner !== undefined && get(winner.waiter + WAITER_QUEUE) !== 0) core.unregisterWaiter(self, winner.waiter)
    return winner
  }

  signals(): readonly AbortSignal[] {
    return this.#arms.flatMap(arm => arm.attempt.signals?.() ?? [])
  }

  owners(): readonly Handle[] {
    return this.#arms.flatMap(arm => arm.attempt.owners?.() ?? [])
  }

  strandedBy(): StrandedWait | undefined {
    let first: StrandedWait | undefined
    for (const { attempt, waiter } of this.#arms) {
      const arm = describeStranded(attempt, waiter)
      if (arm === undefined) return undefined
      first ??= arm
    }
    return first && { ...first, what: `the first of ${this.#arms.length} arms, one of which is ${first.what}` }
  }

  transferred({ key, value }: Outcome): void {
    this.#arms.find(arm => arm.key === key)?.attempt.transferred?.(value)
  }

  finish(): void {
    for (const arm of this.#arms) arm.attempt.finish?.()
  }

  #leaveArm(arm: Arm): void {
    const { waiter } = arm
    if (waiter === 0) return
    arm.waiter = 0
    arm.attempt.unregister(waiter)
    this.#free(waiter, false)
  }

  #free(waiter: number, woken: boolean): void {
    const yields = get(waiter + WAITER_YIELDS) === 1
    if (yields && woken) return freeWokenWaiter(waiter)
    if (yields) removeOnWake(waiter)
    freeWaiter(waiter)
  }
}
