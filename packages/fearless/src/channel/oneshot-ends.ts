/** The two ends of a channel for one message. */
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
import { Handle, defineKind, dropHandle, thingOf, type Measured } from '../memory/handles/handle.ts'
import { blockBytes, i32, release } from '../memory/heap.ts'
import { ONCE_RECEIVER, ONCE_SENDER } from '../memory/handles/kinds.ts'
import { INTO_ONESHOT } from '../memory/codec/moved.ts'
import type { Crossing, Send, crossing } from '../send.ts'
import { PENDING, type Pending } from '../wait/attempt.ts'
import { PlainWait, type Wait } from '../wait/wait.ts'
import { EMPTY, receiverGone, takenMessage } from './channel.ts'
import { blockEndsUnseen } from './contents.ts'
import { EndWait } from './end-wait.ts'
import { discardInHand, placeMessage } from './meeting.ts'

/** The sending end of a channel for one message. */
export class OneshotSender<T> extends Handle {
  declare readonly [crossing]: Crossing<'OneshotSender', 'if Send', 'never: it sends once, so move it', T>
  readonly #closed: EndWait = new EndWait(this, ONESHOT_CLOSING, isClosed)
  #hasSent = false

  /**
   * Sends `value`, gives it away and ends this sender; never waits.
   *
   * Throws `ClosedError` with the value on it if the receiver is gone. After a `NotSendError` or `HeapFullError` the
   * sender is as good as before. What this thread did before is visible to the thread that receives `value`.
   */
  send(value: Send<T>): void {
    const shot = this.#unsent()
    const place = (number: number, message: number): boolean => core.sendOnce(self, shot, number, message) === PUSHED
    const sent = placeMessage(value, 'move', place, INTO_ONESHOT)
    this.#hasSent = sent
    dropHandle(this)
    if (!sent) throw receiverGone(value)
  }

  #unsent(): number {
    if (!this.#hasSent) return thingOf(this)
    throw new MovedError(
      'This OneshotSender has sent its message, which used it up. Send one message, or use `mpsc.channel()` for several.',
    )
  }

  /** Waits until the receiver is gone or closed, so that work nobody wants any more can end. */
  closed(): Wait<void> {
    return this.#closed
  }
  /** Whether the receiver is gone or closed. */
  get isClosed(): boolean {
    return isClosed(thingOf(this))
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
   * Throws `ClosedError` if the sender has ended without one, and once it was received. What the sender did before it
   * sent is visible after. `try()` gives `undefined` if it is not there yet.
   */
  recv(): Wait<T> {
    return this.#recv
  }

  /** Whether the sender cannot send any more: it has sent, it is gone, or this receiver was closed. A message may still be there. */
  get isClosed(): boolean {
    return stateOf(thingOf(this)) !== 0
  }

  /** Refuses a send from now on; a message that was sent before may still be received. Closing twice is no error. */
  close(): void {
    core.closeOneshot(self, thingOf(this))
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

const stateOf = (shot: number): number => Atomics.load(i32, (shot + ONESHOT_STATE) >> 2)
const isClosed = (shot: number): boolean => (stateOf(shot) & RECEIVER_GONE) !== 0

class RecvOnce<T> extends PlainWait<T> {
  readonly #receiver: Handle

  constructor(receiver: Handle) {
    super()
    this.#receiver = receiver
  }
  override poll(): T | Pending {
    const shot = thingOf(this.#receiver)
    const value = takenMessage(core.takeOnce(self, shot))
    if (value !== EMPTY) return value as T
    const state = stateOf(shot)
    if ((state & (SENDER_GONE | RECEIVER_GONE | TAKEN)) === 0) return PENDING
    // ORDER: the sender ends after it has sent; look once more after having seen it gone.
    if ((state & (SENT | TAKEN)) === SENT) return this.poll()
    throw new ClosedError(
      (state & TAKEN) !== 0
        ? 'The message of this channel was received already. Send another through a channel of its own, or use mpsc.'
        : 'The sender of this channel has ended without a message. See why it did: it was dropped, or its thread ended.',
    )
  }
  owners(): readonly Handle[] {
    return [this.#receiver]
  }
  override ready(): boolean {
    return stateOf(thingOf(this.#receiver)) !== 0
  }
  override enter(waiter: number): boolean {
    core.enterQueue(self, thingOf(this.#receiver) + ONESHOT_RECEIVING, waiter)
    return true
  }
  override leave(waiter: number): boolean {
    return core.leaveQueue(self, waiter) !== 0
  }
}

/** Drops a message that nobody will receive: none comes after the receiver has closed. */
function dropReceiver(shot: number, record: number): void {
  core.closeOneshot(self, shot)
  core.takeOnce(self, shot)
  if (i32[(self + SLOT_KIND) >> 2] === TAKEN_BLOCK) discardInHand(i32[(self + SLOT_ADDRESS) >> 2])
  if (core.endOnceReceiver(shot, record) !== 0) release(shot)
}

const handles = (shot: number): number => Atomics.load(i32, (shot + ONESHOT_HANDLES) >> 2)

/** Whether the message, if there is one that was not taken, ends unseen. The receiver is the only one that may take it. */
function messageIsUnobserved(shot: number): boolean {
  if ((stateOf(shot) & (SENT | TAKEN)) !== SENT || i32[(shot + ONESHOT_IS_BLOCK) >> 2] === 0) return true
  return blockEndsUnseen(i32[(shot + ONESHOT_MESSAGE) >> 2])
}

function measure(shot: number): Measured {
  const messages = (stateOf(shot) & (SENT | TAKEN)) === SENT ? 1 : 0
  const message = messages * i32[(shot + ONESHOT_IS_BLOCK) >> 2] * i32[(shot + ONESHOT_MESSAGE) >> 2]
  return { bytes: blockBytes(shot) + blockBytes(message), messages, site: i32[(shot + ONESHOT_SITE) >> 2] }
}

defineKind(ONCE_SENDER, OneshotSender as { readonly prototype: Handle }, {
  name: 'OneshotSender',
  drop: (shot, record) => {
    if (core.endOnceSender(self, shot, record) !== 0) release(shot)
  },
  countsRecords: true,
  revive: record => new OneshotSender(record),
  holds: 'oneshot channel',
  measure,
  onlyMemory: false,
  observed: { handles, isUnobservable: isClosed },
  inModules: 'owned',
})
defineKind(ONCE_RECEIVER, OneshotReceiver as { readonly prototype: Handle }, {
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
