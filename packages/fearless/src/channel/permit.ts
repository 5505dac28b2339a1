/** Permits: room in a bounded channel that was reserved for one message. */
import { CHANNEL_COLLECTING, CHANNEL_COLLECTOR, CHANNEL_SENDING, CLOSED, PUSHED } from '../core/channel.ts'
import { core, self } from '../core/index.ts'
import { MovedError } from '../errors.ts'
import { Handle, defineKind, dropHandle, newRecord, thingOf } from '../memory/handles/handle.ts'
import { i32 } from '../memory/heap.ts'
import { SEND_PERMIT } from '../memory/handles/kinds.ts'
import type { Crossing, Send, crossing } from '../send.ts'
import { PENDING, type Attempt, type Pending } from '../wait/attempt.ts'
import { PlainWait, Wait } from '../wait/wait.ts'
import { dropSender, isFull, permitObserved, receiverGone, receiversGone } from './channel.ts'
import { measureChannel } from './contents.ts'
import { push, unsentError } from './send.ts'

/**
 * Room for one message, made by `reserve` of a `SyncSender`. It keeps the channel open as a sender does, and moves to
 * another thread as one.
 *
 * ```ts
 * const [tx, rx] = mpsc.channel<number>(1)
 * using permit = await tx.reserve()
 * permit.send(1)
 * await rx.recv() // => 1
 * ```
 */
export class SendPermit<T> extends Handle {
  declare readonly [crossing]: Crossing<'SendPermit', 'if Send', 'never: it sends once, so move it', T>
  #hasSent = false

  /**
   * Sends `value` and gives it away; never waits, and uses the permit up.
   *
   * Throws `ClosedError` with the value on it if no receiver is left. After a `NotSendError` or `HeapFullError` the permit
   * is as good as before. What this thread did before is visible to the thread that receives `value`.
   */
  send(value: Send<T>): void {
    const answer = push(this.#unsent(), value, this.record)
    this.#hasSent = answer === PUSHED
    if (answer === PUSHED || answer === CLOSED) dropHandle(this)
    if (answer !== PUSHED) throw unsentError(answer)
  }

  #unsent(): number {
    if (!this.#hasSent) return thingOf(this)
    throw new MovedError('This SendPermit has sent its message, which used it up. Reserve room for each message.')
  }

  /** Gives the room back, if it was not used. */
  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/** A permit, if there is room; the first of several (`collects`) only while no other thread collects. */
function reserveOne<T>(channel: number, collects: 0 | 1): SendPermit<T> | Pending {
  const record = newRecord(SEND_PERMIT, channel, false)
  const answer = core.reserve(self, channel, record, collects)
  if (answer === PUSHED) return new SendPermit<T>(record)
  core.freeHandle(self, record)
  if (answer === CLOSED) throw receiverGone(undefined)
  return PENDING
}

/** The wait for room that is then kept. */
export class ReserveWait<T> extends PlainWait<SendPermit<T>> {
  readonly #sender: Handle

  constructor(sender: Handle) {
    super()
    this.#sender = sender
  }
  override poll(): SendPermit<T> | Pending {
    const channel = thingOf(this.#sender)
    if (receiversGone(channel)) throw receiverGone(undefined)
    if (isFull(channel)) return PENDING
    return reserveOne<T>(channel, 0)
  }
  owners(): readonly Handle[] {
    return [this.#sender]
  }
  override ready(): boolean {
    const channel = thingOf(this.#sender)
    return !isFull(channel) || receiversGone(channel)
  }
  spin(rounds: number): void {
    core.spinForRoom(thingOf(this.#sender), rounds)
  }
  override enter(waiter: number): boolean {
    core.enterQueue(self, thingOf(this.#sender) + CHANNEL_SENDING, waiter)
    return true
  }
  override leave(waiter: number): boolean {
    return core.leaveQueue(self, waiter) !== 0
  }
  override woken(): SendPermit<T> | Pending {
    try {
      return this.poll()
    } catch (error) {
      // The room we were woken for stays free, so the next in line gets it. The channel is there until our wait has ended.
      core.wakeOne(self, this.#sender.thing + CHANNEL_SENDING)
      throw error
    }
  }
}

/** The wait for room for several messages. */
export class ReserveManyWait<T> extends Wait<SendPermit<T>[]> {
  readonly #sender: Handle
  readonly #wanted: number

  constructor(sender: Handle, wanted: number) {
    super()
    this.#sender = sender
    this.#wanted = wanted
  }
  override begin(): Attempt<SendPermit<T>[]> {
    return new Collecting<T>(this.#sender, this.#wanted)
  }
}

/**
 * Keeps what it has and waits for more, in line with those who want room for one. One thread at a time does so; the others wait
 * in a line of their own, with nothing in their hands.
 */
class Collecting<T> implements Attempt<SendPermit<T>[]> {
  readonly deadline = Infinity
  readonly #sender: Handle
  readonly #wanted: number
  #permits: SendPermit<T>[] = []
  /** Whether it has entered the line of those who want to collect. */
  #standsBack = false

  constructor(sender: Handle, wanted: number) {
    this.#sender = sender
    this.#wanted = wanted
  }
  poll(): SendPermit<T>[] | Pending {
    const channel = thingOf(this.#sender)
    if (receiversGone(channel)) throw receiverGone(undefined)
    while (this.#permits.length < this.#wanted) {
      if (isFull(channel)) return PENDING
      const permit = reserveOne<T>(channel, this.#permits.length === 0 && this.#wanted > 1 ? 1 : 0)
      if (permit === PENDING) return PENDING
      this.#permits.push(permit)
    }
    const permits = this.#permits
    this.#permits = []
    if (permits.length > 1) core.endCollecting(self, channel, permits[0].record)
    return permits
  }
  owners(): readonly Handle[] {
    return [this.#sender]
  }
  ready(): boolean {
    const channel = thingOf(this.#sender)
    const isKeptOut = this.#isKeptOut(channel)
    // RACE: the one who collects may have come or gone since it has entered its line, which is the wrong one then.
    return receiversGone(channel) || isKeptOut !== this.#standsBack || (!isKeptOut && !isFull(channel))
  }
  enter(waiter: number): boolean {
    const channel = thingOf(this.#sender)
    this.#standsBack = this.#isKeptOut(channel)
    core.enterQueue(self, channel + (this.#standsBack ? CHANNEL_COLLECTING : CHANNEL_SENDING), waiter)
    return true
  }
  leave(waiter: number): boolean {
    return core.leaveQueue(self, waiter) !== 0
  }
  woken(): SendPermit<T>[] | Pending {
    // WAKE: it may have been woken for room that it cannot use, because another thread collects by now, or that it does not
    // want, because it fails. That room goes to the next in line, who looks at it as this one did.
    const had = this.#permits.length
    try {
      const permits = this.poll()
      if (permits === PENDING && this.#permits.length === had) this.#passOn()
      return permits
    } catch (error) {
      this.#passOn()
      throw error
    }
  }
  /** What it has collected and nobody takes goes back. */
  end(): void {
    for (const permit of this.#permits) dropHandle(permit)
    this.#permits = []
  }

  /** Whether another thread collects. */
  #isKeptOut(channel: number): boolean {
    return this.#permits.length === 0 && this.#wanted > 1 && Atomics.load(i32, (channel + CHANNEL_COLLECTOR) >> 2) !== 0
  }

  /** The channel is there until our wait has ended. */
  #passOn(): void {
    const channel = this.#sender.thing
    if (!isFull(channel)) core.wakeOne(self, channel + CHANNEL_SENDING)
  }
}

defineKind(SEND_PERMIT, SendPermit as { readonly prototype: Handle }, {
  name: 'SendPermit',
  drop: (channel, record) => {
    core.unreserve(self, channel, record)
    dropSender(channel, record)
  },
  countsRecords: true,
  revive: record => new SendPermit(record),
  onlyMemory: false,
  holds: 'channel',
  measure: measureChannel,
  observed: permitObserved,
})
