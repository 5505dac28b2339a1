/** The ends of a channel that holds one value. */
import { HANDLE_NOTE, HANDLE_THING } from '../core/handles.ts'
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
  defineKind,
  dropHandle,
  newRecord,
  thingOf,
  type Measured,
} from '../memory/handles/handle.ts'
import { allocate, blockBytes, i32, release } from '../memory/heap.ts'
import { WATCH_RECEIVER, WATCH_SENDER } from '../memory/handles/kinds.ts'
import type { Crossing, Send, Snapshot, crossing } from '../send.ts'
import { frozenCopy, refuseLater } from '../sync/lent.ts'
import { PENDING, type Pending } from '../wait/attempt.ts'
import { PlainWait, type Wait } from '../wait/wait.ts'
import { blockEndsUnseen } from './contents.ts'
import { endingMessages, readCopy } from './copied.ts'
import { EndWait } from './end-wait.ts'
import { placeMessage } from './meeting.ts'

/** The end that changes the value: one thread at a time has it. */
export class WatchSender<T> extends Handle {
  declare readonly [crossing]: Crossing<
    'WatchSender',
    'if Send',
    'never: it has one owner, so move it or put it in a Mutex',
    T
  >
  readonly #closed: EndWait = new EndWait(this, WATCH_CLOSED, channel => receiversOf(channel) === 0)

  /**
   * Changes the value and wakes the receivers; never waits.
   *
   * Throws `ClosedError` with the value on it if there is no receiver, and changes nothing then; `NotSendError` for what
   * cannot be copied, `HeapFullError`. What this thread did before is visible to the threads that see `value`.
   */
  send(value: Send<T>): void {
    if (change(this, value, 0)) return
    throw new ClosedError('This channel has no receiver now. The value that was not sent is in `value`.', value)
  }

  /** Changes the value, also if there is no receiver, and returns what it was before. */
  sendReplace(value: Send<T>): T {
    const before = look(this, thingOf(this), 0) as T
    change(this, value, 1)
    return before
  }

  /**
   * Changes the value in place and wakes the receivers, if `f` answers that it changed it. Gives that answer.
   *
   * ```ts
   * const [tx, rx] = watch.channel({ users: 1, limit: 2 })
   * const enter = () => tx.sendIfModified(room => room.users < room.limit && ++room.users > 0)
   * enter() // => true
   * enter() // => false
   * rx.borrow().users // => 2
   * ```
   *
   * `f` gets a copy, which becomes the value if it answers `true`, also if there is no receiver, and is thrown away
   * otherwise. Never waits. Throws what `f` throws, `NotSendError`, `HeapFullError`, and `BorrowError` if `f` is async or
   * sends by itself; its change counts for nothing then. A number or a string cannot be changed in place: `send` it.
   */
  sendIfModified(f: (value: T) => boolean): boolean {
    const channel = thingOf(this)
    const version = versionOf(channel)
    const value = look(this, channel, 0) as T
    const isModified = f(value)
    refuseLater('sendIfModified', isModified)
    if (!isModified) return false
    if (thingOf(this) !== channel || versionOf(channel) !== version) throw sentMeanwhile()
    return change(this, value, 1)
  }

  /** A copy of the value, frozen. To change the value, send another one. */
  borrow(): Snapshot<T> {
    return frozen(look(this, thingOf(this), 0))
  }

  /** Another receiver; the value that is there counts as seen by it. */
  subscribe(): WatchReceiver<T> {
    const channel = thingOf(this)
    const receiver = allocate(WATCHER_BYTES)
    let record = 0
    try {
      record = newRecord(WATCH_RECEIVER, receiver, false)
    } catch (error) {
      release(receiver)
      throw error
    }
    core.watch(self, channel, receiver, record, 0)
    return new WatchReceiver<T>(record)
  }

  /** Waits until there is no receiver. */
  closed(): Wait<void> {
    return this.#closed
  }
  /** How many receivers there are: a snapshot. */
  get receivers(): number {
    return receiversOf(thingOf(this))
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/** An end that watches the value. Each thread has one of its own: clone it, and move the clones. */
export class WatchReceiver<T> extends Handle {
  declare readonly [crossing]: Crossing<
    'WatchReceiver',
    'if Send',
    'never: what it has seen is its own, so move it or a clone',
    T
  >
  readonly #changed: Changed = new Changed(this)

  /** A copy of the value, frozen, which does not count as seen by that. */
  borrow(): Snapshot<T> {
    return frozen(look(this, channelOf(thingOf(this)), 0))
  }

  /** A copy of the value, frozen, which counts as seen then. */
  borrowAndUpdate(): Snapshot<T> {
    const receiver = thingOf(this)
    return frozen(look(this, channelOf(receiver), receiver))
  }

  /**
   * Waits until there is a value that it has not seen, and counts it as seen. The first one counts as seen.
   *
   * Throws `ClosedError` once the sender is gone and its last value was seen. What the sender did before it sent is
   * visible after.
   */
  changed(): Wait<void> {
    return this.#changed
  }
  /**
   * Waits for a value of which `condition` holds, the present one included, and gives it, frozen. It counts as seen.
   *
   * ```ts
   * const [tx, rx] = watch.channel(0)
   * thread.spawn(move(() => { for (let n = 1; n <= 3; n++) tx.send(n) }))
   * await rx.waitFor(n => n >= 3) // => 3
   * ```
   *
   * Throws `ClosedError` once the sender is gone and the condition does not hold of its last value, and what `condition` throws.
   */
  waitFor(condition: (value: Snapshot<T>) => boolean): Wait<Snapshot<T>> {
    return new ValueWait(this, condition)
  }
  /** Makes `changed` end at once, as if the value had changed. */
  markChanged(): void {
    const receiver = thingOf(this)
    i32[(receiver + WATCHER_SEEN) >> 2] = (versionOf(channelOf(receiver)) - 1) | 0
  }
  /** Whether there is a value that it has not seen. */
  get hasChanged(): boolean {
    return isNew(thingOf(this))
  }

  /** Whether the value cannot change any more: the sender is gone. A change that was not seen may still be. */
  get isClosed(): boolean {
    return hasEnded(channelOf(thingOf(this)))
  }

  /** Another receiver, which has seen what this one has. */
  clone(): WatchReceiver<T> {
    return cloneHandle(this)
  }

  /** Whether both are ends of one channel. */
  sameChannel(other: WatchReceiver<T>): boolean {
    return channelOf(thingOf(this)) === channelOf(thingOf(other))
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

const channelOf = (receiver: number): number => i32[(receiver + WATCHER_CHANNEL) >> 2]
const versionOf = (channel: number): number => Atomics.load(i32, (channel + WATCH_VERSION) >> 2)
const receiversOf = (channel: number): number => Atomics.load(i32, (channel + WATCH_RECEIVERS) >> 2)
const hasEnded = (channel: number): boolean => Atomics.load(i32, (channel + WATCH_ENDED) >> 2) !== 0
const isNew = (receiver: number): boolean => versionOf(channelOf(receiver)) !== i32[(receiver + WATCHER_SEEN) >> 2]

function change(sender: Handle, value: unknown, always: 0 | 1): boolean {
  const channel = thingOf(sender)
  const place = (number: number, message: number): boolean => core.change(self, channel, number, message, always) !== 0
  return endingMessages(() => placeMessage(value, 'copy', place))
}

/** A copy of the value, seen by `receiver` if that is not 0. */
function look(handle: Handle, channel: number, receiver: number): unknown {
  const { record } = handle
  if (i32[(record + HANDLE_NOTE) >> 2] !== 0) {
    throw new DeadlockError(
      'This handle is just reading the value. Do not borrow from it in `read` of a registered class.',
    )
  }
  const number = core.look(self, channel, record, receiver)
  return readCopy(number, () => core.unwatched(self, channel, record))
}

function frozen<T>(copy: unknown): Snapshot<T> {
  return frozenCopy(copy, 'it is a copy of what the channel holds. The sender changes that by `send`.') as Snapshot<T>
}

/** What it takes to wait for a change. */
abstract class Watching<U> extends PlainWait<U> {
  protected readonly receiver: Handle

  constructor(receiver: Handle) {
    super()
    this.receiver = receiver
  }
  owners(): readonly Handle[] {
    return [this.receiver]
  }
  override ready(): boolean {
    const receiver = thingOf(this.receiver)
    return isNew(receiver) || hasEnded(channelOf(receiver))
  }
  override enter(waiter: number): boolean {
    core.enterQueue(self, channelOf(thingOf(this.receiver)) + WATCH_CHANGED, waiter)
    return true
  }
  override leave(waiter: number): boolean {
    return core.leaveQueue(self, waiter) !== 0
  }
}

class Changed extends Watching<void> {
  override poll(): void | Pending {
    const receiver = thingOf(this.receiver)
    const channel = channelOf(receiver)
    // ORDER: the last change was made before the sender went; whether it went is read before the version.
    const ended = hasEnded(channel)
    const version = versionOf(channel)
    if (version !== i32[(receiver + WATCHER_SEEN) >> 2]) {
      i32[(receiver + WATCHER_SEEN) >> 2] = version
      return
    }
    if (!ended) return PENDING
    throw senderGone()
  }
}

/** The wait for a value of which a condition holds. Every value that it looks at counts as seen. */
class ValueWait<T> extends Watching<Snapshot<T>> {
  readonly #condition: (value: Snapshot<T>) => boolean

  constructor(receiver: Handle, condition: (value: Snapshot<T>) => boolean) {
    super(receiver)
    this.#condition = condition
  }
  override poll(): Snapshot<T> | Pending {
    const receiver = thingOf(this.receiver)
    const channel = channelOf(receiver)
    // ORDER: the last change was made before the sender went; whether it went is read before the value.
    const ended = hasEnded(channel)
    const value = frozen<T>(look(this.receiver, channel, receiver))
    const holds = this.#condition(value)
    refuseLater('waitFor', holds)
    if (holds) return value
    if (!ended) return PENDING
    throw senderGone()
  }
}

function sentMeanwhile(): BorrowError {
  return new BorrowError(
    'The function given to `sendIfModified` has sent another value, which its change would overwrite. Send in it, or change the value: not both.',
  )
}

function senderGone(): ClosedError {
  return new ClosedError(
    'The sender of this channel is gone: the value will not change any more. It may still be read.',
  )
}

/** Runs a step that may count the last handle out; the channel and its value are freed then. */
export function leaving(channel: number, leave: () => number): void {
  if (endingMessages(leave) !== 0) release(channel)
}

const handles = (channel: number): number => Atomics.load(i32, (channel + WATCH_HANDLES) >> 2)

/** Whether the value ends unseen. It cannot change: there is no sender, or it is this thread's. */
function valueIsUnobserved(channel: number): boolean {
  return i32[(channel + WATCH_IS_MESSAGE) >> 2] === 0 || blockEndsUnseen(i32[(channel + WATCH_VALUE) >> 2])
}

function measure(channel: number): Measured {
  const message = i32[(channel + WATCH_IS_MESSAGE) >> 2] === 0 ? 0 : i32[(channel + WATCH_VALUE) >> 2]
  return { bytes: blockBytes(channel) + blockBytes(message), site: i32[(channel + WATCH_SITE) >> 2] }
}

defineKind(WATCH_SENDER, WatchSender as { readonly prototype: Handle }, {
  name: 'WatchSender',
  drop: (channel, record) => {
    endingMessages(() => core.unwatched(self, channel, record))
    core.endWatched(self, channel)
    leaving(channel, () => core.dropWatchHandle(self, channel, record))
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
defineKind(WATCH_RECEIVER, WatchReceiver as { readonly prototype: Handle }, {
  name: 'WatchReceiver',
  share: (from, record) => {
    const receiver = allocate(WATCHER_BYTES)
    i32[(record + HANDLE_THING) >> 2] = receiver
    core.watch(self, channelOf(from), receiver, record, from)
  },
  drop: (receiver, record) => {
    const channel = channelOf(receiver)
    endingMessages(() => core.unwatched(self, channel, record))
    core.unwatch(self, receiver)
    leaving(channel, () => core.dropWatchHandle(self, channel, record))
    release(receiver)
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
