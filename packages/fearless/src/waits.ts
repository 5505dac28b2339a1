/**
 * The methods that return Waits, by class. While walls are on, a Wait of theirs that is never waited for is reported
 * (wait/unwaited.ts). In production the methods are unchanged. Functions (`sleep`, `select`) report by themselves.
 */
import { BroadcastReceiver } from './channel/broadcast-ends.ts'
import { OneshotReceiver, OneshotSender } from './channel/oneshot-ends.ts'
import { Receiver } from './channel/receiver.ts'
import { Sender, SyncSender } from './channel/sender.ts'
import { SharedReceiver } from './channel/shared-receiver.ts'
import { Timer } from './channel/timer.ts'
import { WatchReceiver, WatchSender } from './channel/watch-ends.ts'
import { ParIter } from './par/iter.ts'
import { consumers } from './par/ops/index.ts'
import { Barrier } from './sync/barrier.ts'
import { ConcurrentMap } from './sync/concurrent-map.ts'
import { Condvar } from './sync/condvar.ts'
import { Mutex } from './sync/mutex.ts'
import { OnceLock } from './sync/once-lock.ts'
import { Once } from './sync/once.ts'
import { ReentrantMutex } from './sync/reentrant-mutex.ts'
import { UpgradableGuard } from './sync/rw-guard.ts'
import { RwLock } from './sync/rw-lock.ts'
import { Semaphore } from './sync/semaphore.ts'
import { WaitGroup } from './sync/wait-group.ts'
import { TaskHandle } from './task/task-handle.ts'
import { JoinSet } from './task/join-set.ts'
import { JoinHandle } from './thread/join-handle.ts'
import { LazyLock } from './thread/lazy-lock.ts'
import { wrapReportingMethods } from './wait/unwaited.ts'

const METHODS: readonly (readonly [name: string, of: { readonly prototype: object }, methods: string])[] = [
  ['Mutex', Mutex, 'lock update with'],
  ['ReentrantMutex', ReentrantMutex, 'lock'],
  ['RwLock', RwLock, 'read write upgradableRead update with'],
  ['UpgradableGuard', UpgradableGuard, 'upgrade'],
  ['Condvar', Condvar, 'until'],
  ['Barrier', Barrier, 'arrive'],
  ['WaitGroup', WaitGroup, 'finished'],
  ['Semaphore', Semaphore, 'acquire'],
  ['Once', Once, 'callOnce callOnceForce completed'],
  ['OnceLock', OnceLock, 'getOrInit set filled'],
  ['LazyLock', LazyLock, 'force'],
  ['ConcurrentMap', ConcurrentMap, 'get has set update remove getOrInsert entries clear'],
  ['Receiver', Receiver, 'recv recvMany'],
  ['SharedReceiver', SharedReceiver, 'recv recvMany'],
  ['OneshotReceiver', OneshotReceiver, 'recv'],
  ['BroadcastReceiver', BroadcastReceiver, 'recv'],
  ['Timer', Timer, 'recv'],
  ['Sender', Sender, 'closed'],
  ['SyncSender', SyncSender, 'send reserve reserveMany closed'],
  ['OneshotSender', OneshotSender, 'closed'],
  ['WatchSender', WatchSender, 'closed'],
  ['WatchReceiver', WatchReceiver, 'changed waitFor'],
  ['JoinHandle', JoinHandle, 'join within'],
  ['TaskHandle', TaskHandle, 'join within'],
  ['JoinSet', JoinSet, 'joinNext'],
  ['ParIter', ParIter, Object.keys(consumers).join(' ')],
]

/** The methods as the checker lists them: `Mutex.lock`. */
export const WAIT_METHODS: readonly string[] = METHODS.flatMap(([name, , methods]) =>
  methods.split(' ').map(method => `${name}.${method}`),
)

for (const [name, of, methods] of METHODS) wrapReportingMethods(name, of, methods)
