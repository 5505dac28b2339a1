/**
 * The first of several waits: exactly one is carried out, the others take nothing.
 *
 * A select stands in every line at once with one claim word. The waker that writes its waiter there has chosen that
 * arm; every other waker passes the select by. A select that gives up claims itself first, so it cannot be chosen
 * afterwards. Which arm wins among several that are ready is random, so that none starves; a biased select takes the first.
 */
import { core, self } from '../core/index.ts'
import { DroppedError } from '../errors.ts'
import type { Handle } from '../memory/handles/handle.ts'
import { i32 } from '../memory/heap.ts'
import { WAITER_CHOSEN, WAITER_CLAIM, WAITER_QUEUE, WAITER_YIELDS } from '../core/wait-queue.ts'
import { PENDING, type Attempt, type Pending } from './attempt.ts'
import { strandedBy, type Stranded } from './loop-deadlock.ts'
import { bare, handOut } from './handed-out.ts'
import { Wait, isWait } from './wait.ts'
import { freeWaiter, newWaiter } from './waiter.ts'
import { noLongerWaitFor, retire, waitAlongside } from './yield.ts'

/** What a select ended with: the arm's name, and its value. */
export type Selected<Arms extends Record<string, Wait<unknown>>> = {
  [Key in keyof Arms & string]: { readonly key: Key; readonly value: Arms[Key] extends Wait<infer T> ? T : never }
}[keyof Arms & string]

/**
 * Waits for the first of several waits and carries out only that one.
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
 * Among several that are ready it chooses at random. A losing send keeps its value, a losing receive takes nothing.
 * Throws what the winning arm ends with, if that is an error: a closed channel is ready. `key` of the error is the arm's name,
 * so a loop can leave that arm out and go on. `try()` does not wait, `within(ms)` and `wait(ms)` give up; an arm of `after(ms)`
 * or `sleep(ms)` is a limit with a value of its own.
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
  return handOut(selecting(arms, false), 'select', select)
}

/**
 * The same, but among several that are ready it chooses the first, in the order in which they are written.
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
 * An arm that is always ready starves those after it.
 */
select.biased = function biased<Arms extends Record<string, Wait<unknown>>>(arms: Arms): Wait<Selected<Arms>> {
  return handOut(selecting(arms, true), 'select', biased)
}

function selecting<Arms extends Record<string, Wait<unknown>>>(arms: Arms, biased: boolean): Wait<Selected<Arms>> {
  if (Object.keys(arms).length === 0) {
    throw new DroppedError('A select without arms would wait for ever. Give it at least one wait.')
  }
  for (const [key, arm] of Object.entries<unknown>(arms)) {
    if (isWait(arm)) continue
    throw new TypeError(`The arm ${key} of a select is no Wait. Give it one, such as \`rx.recv()\` or \`sleep(100)\`.`)
  }
  if (Object.values(arms).some(arm => arm.selects)) {
    throw new TypeError('A select cannot be an arm of another one: it has its own claim. Put all arms in one select.')
  }
  return new Select(bareArms(arms), biased) as unknown as Wait<Selected<Arms>>
}

/** What is given to a select is waited for with it. */
function bareArms(arms: Record<string, Wait<unknown>>): Record<string, Wait<unknown>> {
  return Object.fromEntries(Object.entries(arms).map(([key, wait]) => [key, bare(wait)]))
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
  override begin(): Attempt<Outcome> {
    const arms = Object.entries(this.#arms).map(([key, wait]) => ({ key, attempt: wait.begin(), waiter: 0 }))
    return new Selecting(arms, this.#biased)
  }
}

interface Arm {
  readonly key: string
  readonly attempt: Attempt<unknown>
  /** Where it stands in line; 0 if it does not. */
  waiter: number
}

const GIVEN_UP = -1

/** The errors whose `key` a select has written. */
const written = new WeakSet<Error>()

/** Writes on an error of an arm which arm it was; an error of the program that has a `key` of its own keeps it. */
function keyed(error: unknown, key: string): unknown {
  if (!(error instanceof Error) || !Object.isExtensible(error) || ('key' in error && !written.has(error))) return error
  written.add(error)
  return Object.assign(error, { key })
}

class Selecting implements Attempt<Outcome> {
  readonly #arms: readonly Arm[]
  readonly #biased: boolean

  constructor(arms: readonly Arm[], biased: boolean) {
    this.#arms = arms
    this.#biased = biased
  }

  /** Asked anew before each sleep: somebody else may have taken the moment that a timer was due. */
  get deadline(): number {
    return Math.min(...this.#arms.map(arm => arm.attempt.deadline))
  }

  get sliced(): boolean {
    return this.#arms.some(arm => arm.attempt.sliced === true)
  }

  poll(): Outcome | Pending {
    const { length } = this.#arms
    const start = this.#biased ? 0 : Math.floor(Math.random() * length)
    for (let i = 0; i < length; i++) {
      const { key, attempt } = this.#arms[(start + i) % length]
      let value: unknown
      try {
        value = attempt.poll()
      } catch (error) {
        throw keyed(error, key)
      }
      if (value !== PENDING) return { key, value }
    }
    return PENDING
  }

  ready(): boolean {
    return this.#arms.some(({ key, attempt }) => {
      try {
        return attempt.ready()
      } catch (error) {
        throw keyed(error, key)
      }
    })
  }

  enter(first: number): boolean {
    const claim = first + WAITER_CHOSEN
    const yields = i32[(first + WAITER_YIELDS) >> 2] as 0 | 1
    Atomics.store(i32, claim >> 2, 0)
    i32[(first + WAITER_CLAIM) >> 2] = claim
    for (const arm of this.#arms) {
      arm.waiter = newWaiter(yields)
      i32[(arm.waiter + WAITER_CLAIM) >> 2] = claim
      if (yields === 1) waitAlongside(arm.waiter, first)
      let entered = false
      try {
        entered = arm.attempt.enter(arm.waiter)
      } catch (error) {
        this.#notEntered(arm)
        if (this.leave(first)) throw keyed(error, arm.key)
        return true
      }
      if (entered) continue
      this.#notEntered(arm)
      // This arm can go on at once: leave the others, unless one of them was chosen meanwhile.
      return !this.leave(first)
    }
    return true
  }

  #notEntered(arm: Arm): void {
    const { waiter } = arm
    arm.waiter = 0
    this.#free(waiter, false)
  }

  leave(first: number): boolean {
    if (Atomics.compareExchange(i32, (first + WAITER_CHOSEN) >> 2, 0, GIVEN_UP) !== 0) return false
    for (const arm of this.#arms) this.#leaveArm(arm)
    return true
  }

  woken(first: number): Outcome | Pending {
    const winner = this.#winner(first)
    if (winner === undefined) return this.poll()
    const { waiter } = winner
    for (const arm of this.#arms) if (arm !== winner) this.#leaveArm(arm)
    winner.waiter = 0
    try {
      const value = winner.attempt.woken(waiter)
      return value === PENDING ? PENDING : { key: winner.key, value }
    } catch (error) {
      throw keyed(error, winner.key)
    } finally {
      this.#free(waiter, true)
    }
  }

  handed(first: number): boolean {
    const winner = this.#winner(first)
    return winner !== undefined && winner.attempt.handed?.(winner.waiter) === true
  }

  forgo(first: number): void {
    const winner = this.#winner(first)
    for (const arm of this.#arms) {
      if (arm !== winner) {
        this.#leaveArm(arm)
        continue
      }
      const { waiter } = arm
      arm.waiter = 0
      arm.attempt.forgo?.(waiter)
      const queue = i32[(waiter + WAITER_QUEUE) >> 2]
      if (queue !== 0) core.wakeAll(self, queue)
      this.#free(waiter, true)
    }
  }

  /** The arm that was chosen, if one was. */
  #winner(first: number): Arm | undefined {
    const chosen = Atomics.load(i32, (first + WAITER_CHOSEN) >> 2)
    const winner = this.#arms.find(arm => arm.waiter === chosen && arm.waiter !== 0)
    // RACE: the waker has claimed us and may not have handed over yet. It does both under the latch of the queue, which
    // we pass through; from then on the waiter is ours.
    if (winner !== undefined && i32[(winner.waiter + WAITER_QUEUE) >> 2] !== 0) core.leaveQueue(self, winner.waiter)
    return winner
  }

  signals(): readonly AbortSignal[] {
    return this.#arms.flatMap(arm => arm.attempt.signals?.() ?? [])
  }

  owners(): readonly Handle[] {
    return this.#arms.flatMap(arm => arm.attempt.owners?.() ?? [])
  }

  stranded(): Stranded | undefined {
    let first: Stranded | undefined
    for (const { attempt, waiter } of this.#arms) {
      const arm = strandedBy(attempt, waiter)
      if (arm === undefined) return undefined
      first ??= arm
    }
    return first && { ...first, what: `the first of ${this.#arms.length} arms, one of which is ${first.what}` }
  }

  taken({ key, value }: Outcome): void {
    this.#arms.find(arm => arm.key === key)?.attempt.taken?.(value)
  }

  end(): void {
    for (const arm of this.#arms) arm.attempt.end?.()
  }

  #leaveArm(arm: Arm): void {
    const { waiter } = arm
    if (waiter === 0) return
    arm.waiter = 0
    arm.attempt.leave(waiter)
    this.#free(waiter, false)
  }

  #free(waiter: number, woken: boolean): void {
    const yields = i32[(waiter + WAITER_YIELDS) >> 2] === 1
    if (yields && woken) return retire(waiter)
    if (yields) noLongerWaitFor(waiter)
    freeWaiter(waiter)
  }
}
