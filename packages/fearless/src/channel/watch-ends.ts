/** The sender and the receiver of a watch channel. After tokio's `sync::watch`. */
import { get, load, set } from '../core/memory.ts'
import { HANDLE_STATE, HANDLE_OBJECT } from '../core/handles.ts'
import { core, self } from '../core/index.ts'
import {
  WATCHER_BYTES,
  WATCHER_CHANNEL,
  WATCHER_SEEN,
  WATCH_CHANGED,
  WATCH_CLOSED,
  WATCH_ENDED,
  WATCH_HANDLES,
  WATCH_IS_MESSAGE,
  WATCH_RECEIVERS,
  WATCH_SITE,
  WATCH_VALUE,
  WATCH_VERSION,
} from '../core/watch.ts'
import { BorrowError, ClosedError, DeadlockError } from '../errors.ts'
import {
  Handle,
  cloneHandle,
  defineHandleClass,
  dropHandle,
  newRecord,
  liveObjectOf,
  type MemoryUsage,
} from '../memory/handles/handle.ts'
import { allocate, allocationBytes, free } from '../memory/heap.ts'
import { WATCH_RECEIVER, WATCH_SENDER } from '../memory/handles/kinds.ts'
import type { Crossing, Send, Snapshot, crossing } from '../send.ts'
import { frozenCopy, refuseAsync } from '../sync/lock-snapshot.ts'
import { PENDING, type Pending } from '../wait/operation.ts'
import { QueueWait } from '../wait/queue-operation.ts'
import type { Wait } from '../wait/wait.ts'
import { isMessageDropUnobservable } from './contents.ts'
import { withReceivedMessagesDropped, decodePinned } from './read-pinned.ts'
import { DropWait } from './drop-wait.ts'
import { encodeAndPlace } from './rendezvous-message.ts'

/** The end that changes the value, owned by one thread at a time. */
export class WatchSender<T> extends Handle {
  declare readonly [crossing]: Crossing<
    'WatchSender',
    'if Send',
    'never: it has one owner, so move it or put it in a Mutex',
    T
  >
  readonly #closed: DropWait = new DropWait(this, WATCH_CLOSED, channel => receiversOf(channel) === 0)

  /**
   * Changes the value and wakes the receivers; never waits.
   *
   * Throws `ClosedError` with the value on it if there is no receiver, `NotSendError` for a value that cannot be
   * copied, and `HeapFullError`; the value is unchanged then. Everything that this thread did before is visible to the
   * threads that see `value`.
   */
  send(value: Send<T>): void {
    if (sendCopy(this, value, 0)) return
    throw new ClosedError(
      'The channel had no receiver. Call `subscribe()` first; the unsent value is in `value`.',
      value,
    )
  }

  /** Changes the value even if there is no receiver. Returns the previous value. */
  sendReplace(value: Send<T>): T {
    const before = copyOfValue(this, liveObjectOf(this), 0) as T
    sendCopy(this, value, 1)
    return before
  }

  /**
   * Changes the value in place, and wakes the receivers if `f` returns true. Returns the result of `f`.
   *
   * ```ts
   * const [tx, rx] = watch.channel({ users: 1, limit: 2 })
   * const enter = () => tx.sendIfModified(room => room.users < room.limit && ++room.users > 0)
   * enter() // => true
   * enter() // => false
   * rx.borrow().users // => 2
   * ```
   *
   * `f` gets a copy. If `f` returns true, the copy becomes the value, even if there is no receiver; otherwise it is
   * discarded. Never waits. Throws the error of `f`, `NotSendError`, `HeapFullError`, and `BorrowError` if `f` is async
   * or sends a value itself; its change is discarded then. A number or a string cannot be changed in place: `send` it.
   */
  sendIfModified(f: (value: T) => boolean): boolean {
    const channel = liveObjectOf(this)
    const version = versionOf(channel)
    const value = copyOfValue(this, channel, 0) as T
    const isModified = f(value)
    refuseAsync('sendIfModified', isModified)
    if (!isModified) return false
    if (liveObjectOf(this) !== channel || versionOf(channel) !== version) throw sentMeanwhile()
    return sendCopy(this, value, 1)
  }

  /** Returns a frozen copy of the value. To change the value, send another one. */
  borrow(): Snapshot<T> {
    return frozen(copyOfValue(this, liveObjectOf(this), 0))
  }

  /** Creates another receiver, which has already seen the current value. */
  subscribe(): WatchReceiver<T> {
    const channel = liveObjectOf(this)
    const receiver = allocate(WATCHER_BYTES)
    let record = 0
    try {
      record = newRecord(WATCH_RECEIVER, receiver, false)
    } catch (error) {
      free(receiver)
      throw error
    }
    core.subscribeWatch(self, channel, receiver, record, 0)
    return new WatchReceiver<T>(record)
  }

  /** Waits until there is no receiver. */
  closed(): Wait<void> {
    return this.#closed
  }
  /** The number of receivers: a snapshot. */
  get receivers(): number {
    return receiversOf(liveObjectOf(this))
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/** The end that watches the value. Clone it, and move one clone to each thread that watches. */
export class WatchReceiver<T> extends Handle {
  declare readonly [crossing]: Crossing<
    'WatchReceiver',
    'if Send',
    'never: each receiver has seen values of its own, so move it or a clone',
    T
  >
  readonly #changed: Changed = new Changed(this)

  /** Returns a frozen copy of the value, without marking the value as seen. */
  borrow(): Snapshot<T> {
    return frozen(copyOfValue(this, channelOf(liveObjectOf(this)), 0))
  }

  /** Returns a frozen copy of the value, and marks the value as seen. */
  borrowAndUpdate(): Snapshot<T> {
    const receiver = liveObjectOf(this)
    return frozen(copyOfValue(this, channelOf(receiver), receiver))
  }

  /**
   * Waits until there is a value that this receiver has not seen, and marks it as seen. The first value counts as seen.
   *
   * Throws `ClosedError` once the sender is dropped and its last value was seen. Everything that the sender did before
   * the send is visible afterwards.
   */
  changed(): Wait<void> {
    return this.#changed
  }
  /**
   * Waits for a value for which `condition` returns true, the current one included. Returns a frozen copy of the value,
   * which counts as seen.
   *
   * ```ts
   * const [tx, rx] = watch.channel(0)
   * thread.spawn(move(() => { for (let n = 1; n <= 3; n++) tx.send(n) }))
   * await rx.waitFor(n => n >= 3) // => 3
   * ```
   *
   * Throws `ClosedError` once the sender is dropped and the condition does not hold for its last value. Throws the
   * errors of `condition`.
   */
  waitFor(condition: (value: Snapshot<T>) => boolean): Wait<Snapshot<T>> {
    return new ValueWait(this, condition)
  }
  /** Marks the value as not seen, so that the next `changed` completes at once. */
  markChanged(): void {
    const receiver = liveObjectOf(this)
    set(receiver + WATCHER_SEEN, (versionOf(channelOf(receiver)) - 1) | 0)
  }
  /** Whether there is a value that this receiver has not seen. */
  get hasChanged(): boolean {
    return isNew(liveObjectOf(this))
  }

  /** Whether the sender is dropped, so that the value cannot change any more. Its last value may still be unseen. */
  get isClosed(): boolean {
    return hasEnded(channelOf(liveObjectOf(this)))
  }

  /** Creates another receiver that has seen the same values. */
  clone(): WatchReceiver<T> {
    return cloneHandle(this)
  }

  /** Returns whether both are ends of one channel. */
  sameChannel(other: WatchReceiver<T>): boolean {
    return channelOf(liveObjectOf(this)) === channelOf(liveObjectOf(other))
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

const channelOf = (receiver: number): number => get(receiver + WATCHER_CHANNEL)
const versionOf = (channel: number): number => load(channel + WATCH_VERSION)
const receiversOf = (channel: number): number => load(channel + WATCH_RECEIVERS)
const hasEnded = (channel: number): boolean => load(channel + WATCH_ENDED) !== 0
const isNew = (receiver: number): boolean => versionOf(channelOf(receiver)) !== get(receiver + WATCHER_SEEN)

function sendCopy(sender: Handle, value: unknown, always: 0 | 1): boolean {
  const channel = liveObjectOf(sender)
  const place = (number: number, message: number): boolean =>
    core.setWatched(self, channel, number, message, always) !== 0
  return withReceivedMessagesDropped(() => encodeAndPlace(value, 'copy', place))
}

/** Decodes a copy of the value, and marks it as seen by `receiver` unless that is 0. */
function copyOfValue(handle: Handle, channel: number, receiver: number): unknown {
  const { record } = handle
  if (get(record + HANDLE_STATE) !== 0) {
    throw new DeadlockError(
      'This handle was used while it decoded the value. Do not borrow from it in `read` of a registered class.',
    )
  }
  const number = core.borrowWatched(self, channel, record, receiver)
  return decodePinned(number, () => core.unpinWatched(self, channel, record))
}

function frozen<T>(copy: unknown): Snapshot<T> {
  return frozenCopy(
    copy,
    "it is a copy of the channel's value. Call `send` on the sender to change that value.",
  ) as Snapshot<T>
}

/** The shared part of waits for a change. */
abstract class ChangeWait<U> extends QueueWait<U> {
  protected readonly receiver: Handle

  constructor(receiver: Handle) {
    super()
    this.receiver = receiver
  }
  owners(): readonly Handle[] {
    return [this.receiver]
  }
  override isReady(): boolean {
    const receiver = liveObjectOf(this.receiver)
    return isNew(receiver) || hasEnded(channelOf(receiver))
  }
  override queue(): number {
    return channelOf(liveObjectOf(this.receiver)) + WATCH_CHANGED
  }
}

class Changed extends ChangeWait<void> {
  override tryComplete(): void | Pending {
    const receiver = liveObjectOf(this.receiver)
    const channel = channelOf(receiver)
    // ORDER: the last change was made before the sender was dropped, so the drop must be read before the version.
    const ended = hasEnded(channel)
    const version = versionOf(channel)
    if (version !== get(receiver + WATCHER_SEEN)) {
      set(receiver + WATCHER_SEEN, version)
      return
    }
    if (!ended) return PENDING
    throw senderGone()
  }
}

/** The wait for a value that satisfies a condition. Every value that it checks counts as seen. */
class ValueWait<T> extends ChangeWait<Snapshot<T>> {
  readonly #condition: (value: Snapshot<T>) => boolean

  constructor(receiver: Handle, condition: (value: Snapshot<T>) => boolean) {
    super(receiver)
    this.#condition = condition
  }
  override tryComplete(): Snapshot<T> | Pending {
    const receiver = liveObjectOf(this.receiver)
    const channel = channelOf(receiver)
    // ORDER: the last change was made before the sender was dropped, so the drop must be read before the value.
    const ended = hasEnded(channel)
    const value = frozen<T>(copyOfValue(this.receiver, channel, receiver))
    const holds = this.#condition(value)
    refuseAsync('waitFor', holds)
    if (holds) return value
    if (!ended) return PENDING
    throw senderGone()
  }
}

function sentMeanwhile(): BorrowError {
  return new BorrowError(
    'The function given to `sendIfModified` sent another value, which its change would overwrite. ' +
      'Either call `send` in it, or change the value.',
  )
}

function senderGone(): ClosedError {
  return new ClosedError(
    'The sender of this channel was dropped, so its value cannot change any more. Call `borrow()` to read it.',
  )
}

/** Runs a step that may drop the last handle, then frees the channel and its value. */
export function runAndFreeIfLast(channel: number, leave: () => number): void {
  if (withReceivedMessagesDropped(leave) !== 0) free(channel)
}

const handles = (channel: number): number => load(channel + WATCH_HANDLES)

/**
 * Returns whether no program can observe the drop of the value. The value does not change meanwhile, because there is
 * no sender or it belongs to this thread.
 */
function valueIsUnobserved(channel: number): boolean {
  return get(channel + WATCH_IS_MESSAGE) === 0 || isMessageDropUnobservable(get(channel + WATCH_VALUE))
}

function measure(channel: number): MemoryUsage {
  const message = get(channel + WATCH_IS_MESSAGE) === 0 ? 0 : get(channel + WATCH_VALUE)
  return { bytes: allocationBytes(channel) + allocationBytes(message), site: get(channel + WATCH_SITE) }
}

defineHandleClass(WATCH_SENDER, WatchSender as { readonly prototype: Handle }, {
  name: 'WatchSender',
  drop: (channel, record) => {
    withReceivedMessagesDropped(() => core.unpinWatched(self, channel, record))
    core.closeWatch(self, channel)
    runAndFreeIfLast(channel, () => core.dropWatchHandle(self, channel, record))
  },
  countsRecords: true,
  revive: record => new WatchSender(record),
  holds: 'watch channel',
  measure,
  onlyMemory: false,
  observed: {
    handles,
    isUnobservable: channel => receiversOf(channel) === 0,
    endsUnseen: valueIsUnobserved,
  },
  inModules: 'owned',
})
defineHandleClass(WATCH_RECEIVER, WatchReceiver as { readonly prototype: Handle }, {
  name: 'WatchReceiver',
  share: (from, record) => {
    const receiver = allocate(WATCHER_BYTES)
    set(record + HANDLE_OBJECT, receiver)
    core.subscribeWatch(self, channelOf(from), receiver, record, from)
  },
  drop: (receiver, record) => {
    const channel = channelOf(receiver)
    withReceivedMessagesDropped(() => core.unpinWatched(self, channel, record))
    core.dropWatchReceiver(self, receiver)
    runAndFreeIfLast(channel, () => core.dropWatchHandle(self, channel, record))
    free(receiver)
  },
  countsRecords: true,
  revive: record => new WatchReceiver(record),
  holds: 'watch channel',
  measure,
  onlyMemory: false,
  subject: channelOf,
  observed: {
    handles,
    isUnobservable: receiver => hasEnded(channelOf(receiver)),
    endsUnseen: receiver => valueIsUnobserved(channelOf(receiver)),
  },
  inModules: 'owned',
})
