/** The sender and the receiver of a channel for one message. After tokio's `sync::oneshot`. */
import { get, load } from '../core/memory.ts'
import {
  ONESHOT_CLOSING,
  ONESHOT_HANDLES,
  ONESHOT_IS_BLOCK,
  ONESHOT_MESSAGE,
  ONESHOT_RECEIVING,
  ONESHOT_SITE,
  ONESHOT_STATE,
  RECEIVER_GONE,
  SENDER_GONE,
  SENT,
  TAKEN,
} from '../core/oneshot.ts'
import { core, self } from '../core/index.ts'
import { SLOT_ADDRESS, SLOT_KIND } from '../core/layout.ts'
import { PUSHED, TAKEN_BLOCK } from '../core/channel.ts'
import { ClosedError, MovedError } from '../errors.ts'
import { Handle, defineHandleClass, dropHandle, liveObjectOf, type MemoryUsage } from '../memory/handles/handle.ts'
import { allocationBytes, free } from '../memory/heap.ts'
import { ONCE_RECEIVER, ONCE_SENDER } from '../memory/handles/kinds.ts'
import { INTO_ONESHOT } from '../memory/codec/moved.ts'
import type { Crossing, Send, crossing } from '../send.ts'
import { PENDING, type Pending } from '../wait/operation.ts'
import { QueueWait } from '../wait/queue-operation.ts'
import type { Wait } from '../wait/wait.ts'
import { EMPTY, receiverDroppedError, decodeReceived } from './channel.ts'
import { isMessageDropUnobservable } from './contents.ts'
import { DropWait } from './drop-wait.ts'
import { dropReceivedMessage, encodeAndPlace } from './rendezvous-message.ts'

/** The sending end of a channel for one message. */
export class OneshotSender<T> extends Handle {
  declare readonly [crossing]: Crossing<'OneshotSender', 'if Send', 'never: it sends once, so move it', T>
  readonly #closed: DropWait = new DropWait(this, ONESHOT_CLOSING, isClosed)
  #hasSent = false

  /**
   * Sends `value`, moves it, and drops this sender; never waits.
   *
   * Throws `ClosedError` with the value on it if the receiver is dropped or closed. After a `NotSendError` or
   * `HeapFullError` the sender can still be used. Everything that this thread did before is visible to the thread that
   * receives `value`.
   */
  send(value: Send<T>): void {
    const shot = this.#unsent()
    const place = (number: number, message: number): boolean => core.sendOneshot(self, shot, number, message) === PUSHED
    const sent = encodeAndPlace(value, 'move', place, INTO_ONESHOT)
    this.#hasSent = sent
    dropHandle(this)
    if (!sent) throw receiverDroppedError(value)
  }

  #unsent(): number {
    if (!this.#hasSent) return liveObjectOf(this)
    throw new MovedError(
      'This OneshotSender has already sent its message. Use `mpsc.channel()` to send several messages.',
    )
  }

  /** Waits until the receiver is dropped or closed, so that work whose result is no longer needed can stop. */
  closed(): Wait<void> {
    return this.#closed
  }
  /** Whether the receiver is dropped or closed. */
  get isClosed(): boolean {
    return isClosed(liveObjectOf(this))
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/** The receiving end of a channel for one message. */
export class OneshotReceiver<T> extends Handle {
  declare readonly [crossing]: Crossing<'OneshotReceiver', 'if Send', 'never: it receives once, so move it', T>
  readonly #recv: RecvOnce<T> = new RecvOnce(this)

  /**
   * Waits for the message.
   *
   * Throws `ClosedError` if the sender was dropped without a message, or if the message was already received.
   * Everything that the sender did before the send is visible afterwards. `try()` returns `undefined` if there is no
   * message yet.
   */
  recv(): Wait<T> {
    return this.#recv
  }

  /**
   * Whether the sender cannot send any more: it has sent, it was dropped, or this receiver was closed. A message may
   * still be available.
   */
  get isClosed(): boolean {
    return stateOf(liveObjectOf(this)) !== 0
  }

  /** Refuses all later sends. A message that was sent before can still be received. A second call has no effect. */
  close(): void {
    core.closeOneshot(self, liveObjectOf(this))
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

const stateOf = (shot: number): number => load(shot + ONESHOT_STATE)
const isClosed = (shot: number): boolean => (stateOf(shot) & RECEIVER_GONE) !== 0

class RecvOnce<T> extends QueueWait<T> {
  readonly #receiver: Handle

  constructor(receiver: Handle) {
    super()
    this.#receiver = receiver
  }
  override tryComplete(): T | Pending {
    const shot = liveObjectOf(this.#receiver)
    const value = decodeReceived(core.takeOneshot(self, shot))
    if (value !== EMPTY) return value as T
    const state = stateOf(shot)
    if ((state & (SENDER_GONE | RECEIVER_GONE | TAKEN)) === 0) return PENDING
    // ORDER: the sender is dropped after its send, so the message must be read again once the sender was seen as
    // dropped.
    if ((state & (SENT | TAKEN)) === SENT) return this.tryComplete()
    throw new ClosedError(
      (state & TAKEN) !== 0
        ? 'The message of this channel was already received. Use `mpsc.channel()` to receive several messages.'
        : 'The sender of this channel was dropped without a message, or its thread ended. Call `send` before the drop.',
    )
  }
  owners(): readonly Handle[] {
    return [this.#receiver]
  }
  override isReady(): boolean {
    return stateOf(liveObjectOf(this.#receiver)) !== 0
  }
  override queue(): number {
    return liveObjectOf(this.#receiver) + ONESHOT_RECEIVING
  }
}

/** Drops a message that was not received. None can be sent after the receiver has closed. */
function dropReceiver(shot: number, record: number): void {
  core.closeOneshot(self, shot)
  core.takeOneshot(self, shot)
  if (get(self + SLOT_KIND) === TAKEN_BLOCK) dropReceivedMessage(get(self + SLOT_ADDRESS))
  if (core.dropOneshotReceiver(shot, record) !== 0) free(shot)
}

const handles = (shot: number): number => load(shot + ONESHOT_HANDLES)

/**
 * Returns whether no program can observe the drop of an unreceived message. Only this receiver may receive it, so the
 * state does not change meanwhile.
 */
function messageIsUnobserved(shot: number): boolean {
  if ((stateOf(shot) & (SENT | TAKEN)) !== SENT || get(shot + ONESHOT_IS_BLOCK) === 0) return true
  return isMessageDropUnobservable(get(shot + ONESHOT_MESSAGE))
}

function measure(shot: number): MemoryUsage {
  const messages = (stateOf(shot) & (SENT | TAKEN)) === SENT ? 1 : 0
  const message = messages * get(shot + ONESHOT_IS_BLOCK) * get(shot + ONESHOT_MESSAGE)
  return { bytes: allocationBytes(shot) + allocationBytes(message), messages, site: get(shot + ONESHOT_SITE) }
}

defineHandleClass(ONCE_SENDER, OneshotSender as { readonly prototype: Handle }, {
  name: 'OneshotSender',
  drop: (shot, record) => {
    if (core.dropOneshotSender(self, shot, record) !== 0) free(shot)
  },
  countsRecords: true,
  revive: record => new OneshotSender(record),
  holds: 'oneshot channel',
  measure,
  onlyMemory: false,
  observed: { handles, isUnobservable: isClosed },
  inModules: 'owned',
})
defineHandleClass(ONCE_RECEIVER, OneshotReceiver as { readonly prototype: Handle }, {
  name: 'OneshotReceiver',
  drop: dropReceiver,
  countsRecords: true,
  revive: record => new OneshotReceiver(record),
  holds: 'oneshot channel',
  measure,
  onlyMemory: false,
  observed: {
    handles,
    isUnobservable: shot => (stateOf(shot) & SENDER_GONE) !== 0,
    endsUnseen: messageIsUnobserved,
  },
  inModules: 'owned',
})
