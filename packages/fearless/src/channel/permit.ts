/** Permits: room in a bounded channel that was reserved for one message. */
import { CHANNEL_SENDING, CLOSED, PUSHED } from '../core/channel.ts'
import { core, self } from '../core/index.ts'
import { Handle, defineKind, dropHandle, newRecord, thingOf } from '../memory/handle.ts'
import { SEND_PERMIT } from '../memory/kinds.ts'
import type { Crossing, Send, crossing } from '../send.ts'
import { PENDING, type Pending } from '../wait/attempt.ts'
import { PlainWait } from '../wait/wait.ts'
import { dropSender, isFull, permitObserved, receiverGone, receiversGone } from './channel.ts'
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

  /**
   * Sends `value` and gives it away; never waits, and uses the permit up.
   *
   * Throws `ClosedError` with the value on it if no receiver is left. After a `NotSendError` or `HeapFullError` the permit
   * is as good as before. What this thread did before is visible to the thread that receives `value`.
   */
  send(value: Send<T>): void {
    const answer = push(thingOf(this), value, this.record)
    if (answer === PUSHED || answer === CLOSED) dropHandle(this)
    if (answer !== PUSHED) throw unsentError(answer)
  }

  /** Gives the room back, if it was not used. */
  [Symbol.dispose](): void {
    dropHandle(this)
  }
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
    const record = newRecord(SEND_PERMIT, channel, false)
    const answer = core.reserve(self, channel, record)
    if (answer === PUSHED) return new SendPermit<T>(record)
    core.freeHandle(self, record)
    if (answer === CLOSED) throw receiverGone(undefined)
    return PENDING
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

defineKind(SEND_PERMIT, SendPermit as { readonly prototype: Handle }, {
  name: 'SendPermit',
  drop: (channel, record) => {
    core.unreserve(self, channel, record)
    dropSender(channel, record)
  },
  countsRecords: true,
  revive: record => new SendPermit(record),
  onlyMemory: false,
  observed: permitObserved,
})
