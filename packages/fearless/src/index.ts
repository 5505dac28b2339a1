/** The public API: everything that programs import. */
import './globals.ts'
import './waits.ts'
export * as thread from './thread/index.ts'
export * as mpsc from './channel/mpsc.ts'
export * as mpmc from './channel/mpmc.ts'
export * as broadcast from './channel/broadcast.ts'
export * as oneshot from './channel/oneshot.ts'
export * as watch from './channel/watch.ts'
export { type BroadcastReceiver, type BroadcastSender } from './channel/broadcast-ends.ts'
export { type OneshotReceiver, type OneshotSender } from './channel/oneshot-ends.ts'
export { type WatchReceiver, type WatchSender } from './channel/watch-ends.ts'
export { ArrayQueue, SegQueue } from './channel/queue.ts'
export { type SendPermit } from './channel/permit.ts'
export { type Receiver } from './channel/receiver.ts'
export { type Sender, type SyncSender } from './channel/sender.ts'
export { type SharedReceiver } from './channel/shared-receiver.ts'
export { after, at, never, tick, type Timer } from './channel/timer.ts'
export { type WeakSender } from './channel/weak-sender.ts'
export * as task from './task/index.ts'
export * as par from './par/index.ts'
export { parIter, type ParIter } from './par/iter.ts'
export { Arc, Rc, drop } from './sync/arc.ts'
export { type ArcMut } from './sync/shared-value.ts'
export { Weak } from './sync/weak.ts'
export { AtomicI16, AtomicI32, AtomicI8, AtomicU16, AtomicU32, AtomicU8 } from './sync/atomic.ts'
export { AtomicBool } from './sync/atomic-bool.ts'
export { AtomicF64 } from './sync/atomic-float.ts'
export { AtomicI64, AtomicU64 } from './sync/atomic-bigint.ts'
export { type LoadOrdering, type Ordering, type StoreOrdering } from './sync/ordering.ts'
export { Barrier, type Arrival } from './sync/barrier.ts'
export { Condvar } from './sync/condvar.ts'
export { ConcurrentMap, type MapKey } from './sync/concurrent-map.ts'
export { type Guard } from './sync/guard.ts'
export { Mutex } from './sync/mutex.ts'
export { Once } from './sync/once.ts'
export { OnceLock } from './sync/once-lock.ts'
export { ReentrantMutex, type ReentrantGuard } from './sync/reentrant-mutex.ts'
export { Semaphore, type SemaphorePermit } from './sync/semaphore.ts'
export { WaitGroup } from './sync/wait-group.ts'
export {
  bool,
  f32,
  f64,
  i16,
  i32,
  i64,
  i8,
  str,
  struct,
  u16,
  u32,
  u64,
  u8,
  type FieldOf,
  type FieldsOf,
  type StructMaker,
} from './sync/struct.ts'
export { vec, type FrozenVec, type Vec, type VecView } from './sync/vec.ts'
export { RwLock } from './sync/rw-lock.ts'
export { lockAll, type Guards } from './sync/lock-all.ts'
export { type ReadGuard, type UpgradableGuard, type WriteGuard } from './sync/rw-guard.ts'
export { closure, move, type Builder, type BuilderOptions } from './thread/spawn.ts'
export { type JoinHandle, type Thread } from './thread/handle.ts'
export { type Scope } from './thread/scope.ts'
export { type ThreadSettings } from './thread/pool/settings.ts'
export { type PoolBuilder, type PoolOptions, type RunOptions, type ThreadPool } from './thread/thread-pool.ts'
export { LazyLock } from './thread/lazy-lock.ts'
export { sleep, sleepUntil } from './thread/sleep.ts'
export { clone } from './memory/codec/clone.ts'
export { sendable, type SendableOptions } from './memory/codec/sendable.ts'
export { threadLocal, type ThreadLocal } from './thread/thread-local.ts'
export { type TaskHandle } from './task/handle.ts'
export { JoinSet, type JoinSetOptions } from './task/join-set.ts'
export { type TaskScope } from './task/scope.ts'
export { timeout } from './task/timeout.ts'
export { select, type Selected } from './wait/select.ts'
export { type TryResult, type Wait, type WaitLimits } from './wait/wait.ts'
export * from './errors.ts'
export type { Send, SendResult, SendSync, Sendable, Sync, ThreadBound } from './send.ts'
