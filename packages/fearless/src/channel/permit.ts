/** Permits: room in a bounded channel, reserved for one message. After tokio's `mpsc::Permit`. */
import { load } from '../core/memory.ts'
import { CHANNEL_COLLECTING, CHANNEL_COLLECTOR, CHANNEL_SENDING, CLOSED, PUSHED } from '../core/channel.ts'
import { core, self } from '../core/index.ts'
import { MovedError } from '../errors.ts'
import { Handle, defineHandleClass, dropHandle, newRecord, liveObjectOf } from '../memory/handles/handle.ts'

import { SEND_PERMIT } from '../memory/handles/kinds.ts'
import type { Crossing, Send, crossing } from '../send.ts'
import { PENDING, type Operation, type Pending } from '../wait/operation.ts'
import { QueueOperation, QueueWait } from '../wait/queue-operation.ts'
import { Wait } from '../wait/wait.ts'
import { dropSender, isFull, permitObservability, receiverDroppedError, areReceiversDropped } from './channel.ts'
import { measureChannel } from './contents.ts'
import { tryPush, unsentError } from './push.ts'

/**
 * Room for one message, reserved by `reserve` of a `SyncSender`. It keeps the channel open and can be moved to another
 * thread, as a sender does.
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
   * Sends `value`, moves it, and uses the permit up; never waits.
   *
   * Throws `ClosedError` with the value on it if no receiver is left. After a `NotSendError` or `HeapFullError` the
   * permit can still be used. Everything that this thread did before is visible to the thread that receives `value`.
   */
  send(value: Send<T>): void {
    const answer = tryPush(this.#unsent(), value, this.record)
    this.#hasSent = answer === PUSHED
    if (answer === PUSHED || answer === CLOSED) dropHandle(this)
    if (answer !== PUSHED) throw unsentError(answer)
  }

  #unsent(): number {
    if (!this.#hasSent) return liveObjectOf(this)
    throw new MovedError('This SendPermit has already sent its message. Call `reserve()` for each message.')
  }

  /** Returns the room to the channel if the permit was not used. */
  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/**
 * Reserves room for one message. Returns PENDING if the channel is full. With `collects` 1, the first permit of
 * several, it also returns PENDING while another thread collects permits.
 */
function reserveOne<T>(channel: number, collects: 0 | 1): SendPermit<T> | Pending {
  const record = newRecord(SEND_PERMIT, channel, false)
  const answer = core.reserve(self, channel, record, collects)
  if (answer === PUSHED) return new SendPermit<T>(record)
  core.freeHandle(self, record)
  if (answer === CLOSED) throw receiverDroppedError(undefined)
  return PENDING
}

/** The wait for room that is then reserved. */
export class ReserveWait<T> extends QueueWait<SendPermit<T>> {
  readonly #sender: Handle

  constructor(sender: Handle) {
    super()
    this.#sender = sender
  }
  override tryComplete(): SendPermit<T> | Pending {
    const channel = liveObjectOf(this.#sender)
    if (areReceiversDropped(channel)) throw receiverDroppedError(undefined)
    if (isFull(channel)) return PENDING
    return reserveOne<T>(channel, 0)
  }
  owners(): readonly Handle[] {
    return [this.#sender]
  }
  override isReady(): boolean {
    const channel = liveObjectOf(this.#sender)
    return !isFull(channel) || areReceiversDropped(channel)
  }
  spin(rounds: number): void {
    core.spinForRoom(liveObjectOf(this.#sender), rounds)
  }
  override queue(): number {
    return liveObjectOf(this.#sender) + CHANNEL_SENDING
  }
  override accept(): SendPermit<T> | Pending {
    try {
      return this.tryComplete()
    } catch (error) {
      // The room stays free, so the next waiter is woken. The channel exists until this wait has ended, even if it is
      // closed.
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
  override begin(): Operation<SendPermit<T>[]> {
    return new ReserveManyRun<T>(this.#sender, this.#wanted)
  }
}

/**
 * Reserves one permit at a time and keeps those it has, in the wait queue of the senders that need room for one
 * message. Only one thread per channel collects permits. The others wait in a queue of their own and hold no permits,
 * so two threads cannot deadlock with half of the permits each.
 */
class ReserveManyRun<T> extends QueueOperation<SendPermit<T>[]> {
  readonly #sender: Handle
  readonly #wanted: number
  #permits: SendPermit<T>[] = []
  /** Whether its waiter is in the queue of the threads that wait to collect. */
  #isInCollectorsQueue = false

  constructor(sender: Handle, wanted: number) {
    super()
    this.#sender = sender
    this.#wanted = wanted
  }
  override tryComplete(): SendPermit<T>[] | Pending {
    const channel = liveObjectOf(this.#sender)
    if (areReceiversDropped(channel)) throw receiverDroppedError(undefined)
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
  override isReady(): boolean {
    const channel = liveObjectOf(this.#sender)
    const isOtherCollecting = this.#isOtherCollecting(channel)
    // RACE: another thread may have started or finished collecting since this waiter was registered, which makes its
    // queue the wrong one.
    return (
      areReceiversDropped(channel) ||
      isOtherCollecting !== this.#isInCollectorsQueue ||
      (!isOtherCollecting && !isFull(channel))
    )
  }
  override queue(): number {
    return liveObjectOf(this.#sender) + (this.#isInCollectorsQueue ? CHANNEL_COLLECTING : CHANNEL_SENDING)
  }
  override register(waiter: number): boolean {
    this.#isInCollectorsQueue = this.#isOtherCollecting(liveObjectOf(this.#sender))
    return super.register(waiter)
  }
  override accept(): SendPermit<T>[] | Pending {
    // WAKE: the notifier freed room that this wait may be unable to use, because another thread collects by now, or
    // because this wait fails. It then wakes the next waiter, which checks again in the same way.
    const had = this.#permits.length
    try {
      const permits = this.tryComplete()
      if (permits === PENDING && this.#permits.length === had) this.#passWakeUpOn()
      return permits
    } catch (error) {
      this.#passWakeUpOn()
      throw error
    }
  }
  /** Drops the collected permits that no caller received. */
  finish(): void {
    for (const permit of this.#permits) dropHandle(permit)
    this.#permits = []
  }

  /** Whether another thread is collecting permits. */
  #isOtherCollecting(channel: number): boolean {
    return this.#permits.length === 0 && this.#wanted > 1 && load(channel + CHANNEL_COLLECTOR) !== 0
  }

  /** The channel exists until this wait has ended. */
  #passWakeUpOn(): void {
    const channel = this.#sender.thing
    if (!isFull(channel)) core.wakeOne(self, channel + CHANNEL_SENDING)
  }
}

defineHandleClass(SEND_PERMIT, SendPermit as { readonly prototype: Handle }, {
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
  observed: permitObservability,
})
