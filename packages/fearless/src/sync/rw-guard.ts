/**
 * The guards of an RwLock, after parking_lot: one of several readers, the one upgradable reader, and the writer.
 *
 * A guard of a thread that has ended is invalid. The reaper has freed its seat, which may belong to another reader
 * now.
 */
import { core, self } from '../core/index.ts'
import { get, store } from '../core/memory.ts'
import { MUTEX_LOST, MUTEX_POISONED } from '../core/mutex.ts'
import { HOLDS_READ, READ_NO_ROOM, RW_UPGRADE } from '../core/rw-lock.ts'
import { refuseClass, type MoveDestination } from '../memory/codec/codec.ts'
import { currentEpoch } from '../memory/handles/handle.ts'
import { heapFullError } from '../memory/heap.ts'
import { refuseUnshareable } from '../memory/codec/message.ts'
import { StructView } from '../memory/struct/struct-view.ts'
import type { Crossing, Read, crossing } from '../send.ts'
import { recordAcquired } from '../wait/lock-sites.ts'
import { PENDING, type Pending } from '../wait/operation.ts'
import type { Wait } from '../wait/wait.ts'
import { ExclusiveGuard, guardReleasedError } from './guard.ts'
import { watchGuard, type WatchedGuard } from './lost-guards.ts'
import { WriterWait, rwDeadlockError, type RwLockHandle } from './rw-wait.ts'
import { writeLockValue } from './lock-value.ts'

type StayHere = 'never: release it where it was taken'
type LockAgain = 'never: lock again where you need it'

/**
 * The right to read the value of an `RwLock`. Release it with `using` or `drop(guard)`; the end of its thread releases
 * it, too.
 */
export class ReadGuard<T> implements Disposable {
  declare readonly [crossing]: Crossing<'ReadGuard', StayHere, LockAgain, T>
  readonly #lock: RwLockHandle<T>
  readonly #thing: number
  /** The reader's seat; 0 after the release. */
  #seat: number
  readonly #life: number
  /** @internal Set only for a guard that an event loop received (lost-guards.ts). */
  watched: WatchedGuard | undefined
  /** The struct that `value` lent. It is revoked at the release, while a decoded value stays usable. */
  #struct: StructView | undefined

  /** @internal Only stores, as in `Guard`. */
  constructor(lock: RwLockHandle<T>, thing: number, seat: number, life: number) {
    this.#lock = lock
    this.#thing = thing
    this.#seat = seat
    this.#life = life
    this.watched = undefined
    this.#struct = undefined
  }

  /** @internal */
  static lockOf(guard: ReadGuard<unknown>): number {
    return guard.#seat === 0 ? 0 : guard.#thing
  }

  /** @internal Watches this guard: an event loop received it. */
  watch(): void {
    watchGuard(this, 'ReadGuard', this.#thing, this.#seat, (lock, seat) => core.readUnlock(self, lock, seat))
  }

  /** The protected value, frozen. Lock for writing to change it. Throws `DroppedError` if the guard was released. */
  get value(): Read<T> {
    if (this.#seat === 0 || this.#life !== currentEpoch()) throw guardReleasedError()
    const value = this.#struct ?? this.#lock.peek(this.#thing)
    if (value instanceof StructView) this.#struct = value
    return value as Read<T>
  }

  /** Releases the read lock. A second call does nothing. */
  [Symbol.dispose](): void {
    ReadGuard.release(this)
  }

  /** @internal */
  static release<T>(guard: ReadGuard<T>): void {
    const seat = guard.#seat
    if (seat === 0) return
    guard.#seat = 0
    if (guard.watched !== undefined) guard.watched.open = false
    if (guard.#struct !== undefined) StructView.end(guard.#struct)
    guard.#struct = undefined
    // RACE: if our thread has ended, the reaper freed its seats, and this seat may belong to another reader.
    if (guard.#life === currentEpoch()) core.readUnlock(self, guard.#thing, seat)
  }
}

/** Creates the guard of a seat that this thread has acquired. */
export function readGuardOf<T>(lock: RwLockHandle<T>, thing: number, seat: number): ReadGuard<T> {
  recordAcquired(thing)
  return new ReadGuard<T>(lock, thing, seat, currentEpoch())
}

/** The right to read the value of an `RwLock`, which can become the right to write without a writer in between. */
export class UpgradableGuard<T> implements Disposable {
  declare readonly [crossing]: Crossing<'UpgradableGuard', StayHere, LockAgain, T>
  readonly #lock: RwLockHandle<T>
  /** The address of the lock; 0 after the release. */
  #thing: number
  readonly #life = currentEpoch()
  /** @internal Set only for a guard that an event loop received (lost-guards.ts). */
  watched: WatchedGuard | undefined = undefined
  #struct: StructView | undefined

  /** @internal */
  constructor(lock: RwLockHandle<T>, thing: number) {
    this.#lock = lock
    this.#thing = thing
    recordAcquired(thing)
  }

  /** @internal */
  static lockOf(guard: UpgradableGuard<unknown>): number {
    return guard.#thing
  }

  /** @internal Watches this guard: an event loop received it. */
  watch(): void {
    watchGuard(this, 'UpgradableGuard', this.#thing, 0, lock => core.upgradableUnlock(self, lock))
  }

  /** The protected value, frozen. Throws `DroppedError` if the guard was released or upgraded. */
  get value(): Read<T> {
    const value = this.#struct ?? this.#lock.peek(this.seatedLock())
    if (value instanceof StructView) this.#struct = value
    return value as Read<T>
  }

  /**
   * Waits until the other readers have released the lock, and becomes the writer. This guard is then used up. New
   * readers wait during the upgrade. A wait that ends early (`try`, `within`) leaves this guard unchanged.
   *
   * Throws `DroppedError` if the guard was released, and `DeadlockError` if this thread would block on a read lock of
   * its own.
   */
  upgrade(): Wait<WriteGuard<T>> {
    return new UpgradeWait<T>(this.#lock, this)
  }

  /**
   * Becomes an ordinary reader without a writer in between, so that another reader may become upgradable. This guard
   * is then used up.
   *
   * ```ts
   * const lock = new RwLock(1)
   * const seen = await lock.upgradableRead()
   * using r = seen.downgrade()
   * using other = await lock.upgradableRead()
   * r.value + other.value // => 2
   * ```
   *
   * Never waits. Throws `DroppedError` if the guard was released or upgraded, and `HeapFullError`.
   */
  downgrade(): ReadGuard<T> {
    const lock = this.seatedLock()
    const seat = core.downgradeUpgradable(self, lock)
    if (seat === READ_NO_ROOM) throw heapFullError(64)
    this.detachSeat()
    return readGuardOf<T>(this.#lock, lock, seat)
  }

  /** Releases the read lock. A second call does nothing. */
  [Symbol.dispose](): void {
    const thing = this.#thing
    if (thing === 0) return
    this.detachSeat()
    if (this.#life === currentEpoch()) core.upgradableUnlock(self, thing)
  }

  /** @internal Returns the address of the lock. Throws `DroppedError` unless this guard holds the upgrade seat. */
  seatedLock(): number {
    if (this.#thing === 0 || this.#life !== currentEpoch()) throw guardReleasedError()
    return this.#thing
  }

  /** @internal Gives the seat up without freeing it, because another guard owns it now. */
  detachSeat(): void {
    this.#thing = 0
    if (this.watched !== undefined) this.watched.open = false
    if (this.#struct !== undefined) StructView.end(this.#struct)
    this.#struct = undefined
  }
}

/** The wait of the upgradable reader until the other readers have released the lock. */
class UpgradeWait<T> extends WriterWait<T, WriteGuard<T>> {
  readonly queueAt = RW_UPGRADE
  readonly #seat: UpgradableGuard<T>

  constructor(lock: RwLockHandle<T>, seat: UpgradableGuard<T>) {
    super(lock, true)
    this.#seat = seat
  }
  override tryComplete(): WriteGuard<T> | Pending {
    const lock = this.#seat.seatedLock()
    if (core.upgradeTry(self, lock) === 0) return PENDING
    this.#seat.detachSeat()
    return new WriteGuard<T>(this.lock, lock)
  }
  override isReady(): boolean {
    return core.mayUpgrade(this.#seat.seatedLock()) !== 0
  }
  override refuseSelf(lock: number): void {
    if ((core.rwHeld(self, lock) & HOLDS_READ) !== 0) throw rwDeadlockError()
  }
  override ignorePoison(): Wait<WriteGuard<T>> {
    return this
  }
}

/**
 * The right to change the value of an `RwLock`. Release it with `using` or `drop(guard)`; the end of its thread
 * releases it, too.
 */
export class WriteGuard<T> extends ExclusiveGuard<T> {
  declare readonly [crossing]: Crossing<'WriteGuard', StayHere, LockAgain, T>
  readonly #rw: RwLockHandle<T>

  /** @internal */
  constructor(rw: RwLockHandle<T>, lock: number) {
    super(rw, lock, get(lock + MUTEX_LOST))
    recordAcquired(lock)
    this.#rw = rw
  }

  /**
   * Becomes a reader without another writer in between. This guard is then used up.
   *
   * ```ts
   * const lock = new RwLock(1)
   * const w = await lock.write()
   * w.value = 2
   * using r = w.downgrade()
   * r.value // => 2
   * ```
   *
   * Never waits. Admits waiting readers, unless a writer waits, too. Throws `DroppedError` if the guard was released.
   */
  downgrade(): ReadGuard<T> {
    const lock = this.writeBack()
    const seat = core.downgrade(self, lock)
    if (seat === READ_NO_ROOM) throw heapFullError(64)
    this.detachLock()
    return readGuardOf<T>(this.#rw, lock, seat)
  }

  /** @internal Watches this guard: an event loop received it. */
  watch(): void {
    watchGuard(this, 'WriteGuard', this.lock, this.lostCount, releaseLostWriter)
  }

  /** @internal */
  override write(lock: number, value: unknown, to?: MoveDestination): void {
    writeLockValue(lock, value, refuseUnshareable, to)
  }

  override [Symbol.dispose](): void {
    WriteGuard.release(this, core.writeUnlock)
  }
}

function releaseLostWriter(lock: number, lost: number): void {
  if (get(lock + MUTEX_LOST) !== lost) return
  store(lock + MUTEX_POISONED, 1)
  core.writeUnlock(self, lock)
}

refuseClass(ReadGuard, 'Release it where it was taken.')
refuseClass(UpgradableGuard, 'Release it where it was taken.')
refuseClass(WriteGuard, 'Release it where it was taken.')
