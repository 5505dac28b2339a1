/**
 * The library's interface as data, for the compiler and the checker: one row for each exported function, class and
 * method that a tool must know by name.
 *
 *   FUNCTIONS   by their path from the exports: `thread.spawn`
 *   METHODS     by the class that declares them: `Mutex.lock`, `Wait.within`
 *   CLASSES     by name
 *   PLAIN       the other exports
 *
 * - The runtime never loads this file, and this file imports nothing.
 * - packages/check/test/api.test.ts compares each table with the declarations. A new export, a new method that waits or
 *   that takes a function, and a class without a row fail it.
 */

/**
 * Where a function that is an argument runs.
 *
 *   move     in another thread, which may outlive the caller: its captures must be moved or copied
 *   borrow   in another thread, and the caller waits for its end: it may use its surroundings
 *   here     in this thread, before the result is there
 *   later    in this thread, as a callback of a promise
 */
export type Run = 'move' | 'borrow' | 'here' | 'later'

export interface Operation {
  readonly runs?: Run
  /** The parameters that take a function; without it the first one: see `functionParametersOf`. */
  readonly at?: readonly number[]
  /** One of these parameters takes a plain value, too. */
  readonly orValue?: true
  /** The parameters of that function that are items of the source. */
  readonly items?: readonly number[]
  /** The items of the result are new ones. */
  readonly renews?: true
  /** The class of the first parameter of that function. */
  readonly passes?: string
  /** The result is a `Wait`. */
  readonly waits?: true
  /** The class of the result, or of the `Wait`'s value, or of its elements; of a channel both ends. */
  readonly gives?: string | readonly [sender: string, receiver: string]
  /** The index of the moved argument. */
  readonly moves?: number
  /** The index of the argument that receivers get a copy of. */
  readonly copies?: number
  /** Starts a thread or a task. A thread's arguments after the function are moved. */
  readonly spawns?: 'thread' | 'task'
  /** The index of the argument that is the scope of the thread. A method of `Scope` is called on it instead. */
  readonly scope?: number
  /** Waits for the end of the thread or the task that its handle belongs to. */
  readonly joins?: true
  /** Blocks the calling thread. */
  readonly blocks?: true
  /** Holds the lock while its function runs. */
  readonly holds?: true
  /** Ends the guard that it is called on. */
  readonly ends?: true
  /** The result is the guard that was this argument. */
  readonly returns?: number
  /** Removes this from the object, so that it is lost if the result is. */
  readonly takes?: 'message' | 'messages' | 'permits' | 'room' | 'outcome'
  /** The result is another handle, which keeps the object or the channel alive. */
  readonly handle?: true
  /** The result is a snapshot, once the lock is released: always, or if the function returns a part of the value. */
  readonly snapshot?: 'always' | 'if part'
}

const FIRST: readonly number[] = [0]
const NOWHERE: readonly number[] = []

/** Returns the indices of the parameters that take a function. */
export function functionParametersOf({ runs, at }: Operation): readonly number[] {
  return runs === undefined ? NOWHERE : (at ?? FIRST)
}

export interface Class {
  /** A moved instance is unusable in the sender; a shared one gets one more owner; another never leaves its thread. */
  readonly crosses: 'moved' | 'shared' | 'never'
  /** The constructor, if programs call it. */
  readonly made?: Operation
  /** Data: a copy serves as well. */
  readonly isData?: true
  /** One that a module makes, by `new` or by a function that gives this class, is one object in all threads. */
  readonly isStatic?: true
  /** It is the guard of a lock. */
  readonly guard?: 'exclusive' | 'shared' | 'upgradable' | 'reentrant'
  /** It is the handle of a thread or of a task. */
  readonly handleOf?: 'thread' | 'task'
  /** A `for await` over the channel's receiver ends only when all its senders are dropped. */
  readonly keepsOpen?: true
}

const WAITS: Operation = { waits: true }
const NONE: Operation = {}
const HERE: Operation = { runs: 'here' }
const LATER: Operation = { runs: 'later' }
const HERE_WAITS: Operation = { runs: 'here', waits: true }
const SPAWN: Operation = { runs: 'move', spawns: 'thread', gives: 'JoinHandle' }
const SPAWN_TASK: Operation = { runs: 'here', spawns: 'task', gives: 'TaskHandle' }
const STEP: Operation = { runs: 'borrow', items: [0], gives: 'ParIter' }
const MAP: Operation = { ...STEP, renews: true }
const SEARCH: Operation = { runs: 'borrow', items: [0], waits: true }
const COMPARE: Operation = { runs: 'borrow', items: [0, 1], waits: true }
const TIMER: Operation = { gives: 'Timer' }
const VEC: Operation = { gives: 'Vec' }
const MESSAGE: Operation = { waits: true, takes: 'message' }
const MESSAGES: Operation = { waits: true, takes: 'messages' }
const ITERATOR: Operation = { gives: 'IterableIterator' }
const STREAM: Operation = { gives: 'ReadableStream' }
const GIVE: Operation = { moves: 0 }
const COPY: Operation = { copies: 0 }

export const FUNCTIONS: ReadonlyMap<string, Operation> = new Map(
  Object.entries<Operation>({
    'thread.spawn': SPAWN,
    'thread.builder': { gives: 'Builder' },
    'thread.pool': { gives: 'ThreadPool' },
    'thread.scope': { runs: 'here', passes: 'Scope' },
    'thread.current': { gives: 'Thread' },
    'thread.park': WAITS,
    'thread.sleep': WAITS,
    'thread.sleepUntil': WAITS,
    'thread.yieldNow': WAITS,
    'thread.panicking': NONE,
    'thread.availableParallelism': NONE,
    'thread.configure': NONE,
    'thread.onPanic': LATER,
    'thread.heapReport': { gives: 'HeapReport' },
    move: { runs: 'move', gives: 'closure' },
    closure: { runs: 'borrow', gives: 'closure' },
    threadLocal: { runs: 'here', gives: 'ThreadLocal' },
    unsafeShared: { gives: 'UnsafeShared' },

    'task.spawn': SPAWN_TASK,
    'task.scope': { runs: 'here', passes: 'TaskScope' },
    'task.sleep': WAITS,
    'task.yieldNow': WAITS,
    timeout: { runs: 'here', at: [1] },
    sleep: WAITS,
    sleepUntil: WAITS,
    select: WAITS,
    'select.biased': WAITS,

    'mpsc.channel': { gives: ['Sender', 'Receiver'] },
    'mpmc.channel': { gives: ['Sender', 'SharedReceiver'] },
    'broadcast.channel': { gives: ['BroadcastSender', 'BroadcastReceiver'] },
    'oneshot.channel': { gives: ['OneshotSender', 'OneshotReceiver'] },
    'watch.channel': { gives: ['WatchSender', 'WatchReceiver'], copies: 0 },
    after: TIMER,
    at: TIMER,
    never: TIMER,
    tick: TIMER,

    parIter: { gives: 'ParIter' },
    'par.join': { runs: 'borrow', at: [0, 1], waits: true },
    'par.range': { gives: 'Range' },
    'par.lines': { gives: 'FileSource' },
    'par.records': { gives: 'FileSource' },
    'par.files': { gives: 'FileSource' },
    'par.currentNumThreads': NONE,

    drop: { moves: 0 },
    clone: NONE,
    sendable: NONE,
    struct: { gives: 'StructMaker' },
    lockAll: WAITS,
    'Arc.clone': { handle: true },
    'Arc.newCyclic': { runs: 'here', passes: 'Weak', gives: 'Arc' },
    'Arc.downgrade': { gives: 'Weak' },
    'Arc.getMut': { gives: 'ArcMut' },
    'Arc.makeMut': { gives: 'ArcMut' },
    'Arc.tryUnwrap': NONE,
    'Arc.intoInner': NONE,
    'Arc.unwrapOrClone': NONE,
    'Arc.ptrEq': NONE,
    'Arc.strongCount': NONE,
    'Arc.weakCount': NONE,
    'Rc.clone': { gives: 'Rc' },
    'vec.i8': VEC,
    'vec.u8': VEC,
    'vec.i16': VEC,
    'vec.u16': VEC,
    'vec.i32': VEC,
    'vec.u32': VEC,
    'vec.i64': VEC,
    'vec.u64': VEC,
    'vec.f32': VEC,
    'vec.f64': VEC,
  }),
)

export const METHODS: ReadonlyMap<string, Operation> = new Map(
  Object.entries<Operation>({
    'Mutex.lock': { waits: true, gives: 'Guard' },
    'Mutex.update': { runs: 'here', waits: true, holds: true, snapshot: 'always' },
    'Mutex.with': { runs: 'here', waits: true, holds: true, snapshot: 'if part' },
    'Mutex.getMut': { gives: 'Guard' },
    'ReentrantMutex.lock': { waits: true, gives: 'ReentrantGuard' },
    'RwLock.read': { waits: true, gives: 'ReadGuard' },
    'RwLock.write': { waits: true, gives: 'WriteGuard' },
    'RwLock.upgradableRead': { waits: true, gives: 'UpgradableGuard' },
    'RwLock.update': { runs: 'here', waits: true, holds: true, snapshot: 'always' },
    'RwLock.with': { runs: 'here', waits: true, holds: true, snapshot: 'if part' },
    'RwLock.getMut': { gives: 'WriteGuard' },
    'WriteGuard.downgrade': { gives: 'ReadGuard', ends: true },
    'UpgradableGuard.downgrade': { gives: 'ReadGuard', ends: true },
    'UpgradableGuard.upgrade': { waits: true, gives: 'WriteGuard', ends: true },
    'Condvar.until': { runs: 'here', at: [1], waits: true, gives: 'Guard', returns: 0 },
    'Barrier.arrive': WAITS,
    'WaitGroup.clone': { gives: 'WaitGroup', handle: true },
    'WaitGroup.finished': WAITS,
    'Semaphore.acquire': { waits: true, gives: 'SemaphorePermit', takes: 'permits' },
    'SemaphorePermit.split': { gives: 'SemaphorePermit' },
    'SemaphorePermit.merge': GIVE,
    'Once.callOnce': HERE_WAITS,
    'Once.callOnceForce': HERE_WAITS,
    'Once.completed': WAITS,
    'OnceLock.getOrInit': HERE_WAITS,
    'OnceLock.set': { waits: true, moves: 0 },
    'OnceLock.filled': WAITS,
    'LazyLock.force': WAITS,
    'ConcurrentMap.get': WAITS,
    'ConcurrentMap.has': WAITS,
    'ConcurrentMap.set': { waits: true, moves: 1 },
    'ConcurrentMap.update': { runs: 'here', at: [1], waits: true, snapshot: 'always' },
    'ConcurrentMap.getOrInsert': { runs: 'here', at: [1], waits: true, snapshot: 'always' },
    'ConcurrentMap.remove': WAITS,
    'ConcurrentMap.entries': WAITS,
    'ConcurrentMap.clear': WAITS,
    'Weak.upgrade': { gives: 'Arc', handle: true },
    'AtomicInteger.fetchUpdate': HERE,
    'AtomicBigInt.fetchUpdate': HERE,
    'AtomicF64.fetchUpdate': HERE,
    'AtomicBool.fetchUpdate': HERE,
    'Vec.with': HERE,
    'Vec.freeze': { gives: 'FrozenVec' },
    'FrozenVec.with': HERE,

    'Sender.send': GIVE,
    'Sender.clone': { gives: 'Sender', handle: true },
    'Sender.downgrade': { gives: 'WeakSender' },
    'Sender.closed': WAITS,
    'SyncSender.send': { waits: true, moves: 0 },
    'SyncSender.reserve': { waits: true, gives: 'SendPermit', takes: 'room' },
    'SyncSender.reserveMany': { waits: true, gives: 'SendPermit', takes: 'room' },
    'SyncSender.clone': { gives: 'SyncSender', handle: true },
    'SyncSender.downgrade': { gives: 'WeakSender' },
    'SyncSender.closed': WAITS,
    'SendPermit.send': GIVE,
    'WeakSender.clone': { gives: 'WeakSender' },
    'WeakSender.upgrade': { handle: true },
    'Receiver.recv': MESSAGE,
    'Receiver.recvMany': MESSAGES,
    'Receiver.tryIter': ITERATOR,
    'Receiver.stream': STREAM,
    'SharedReceiver.recv': MESSAGE,
    'SharedReceiver.recvMany': MESSAGES,
    'SharedReceiver.clone': { gives: 'SharedReceiver', handle: true },
    'SharedReceiver.tryIter': ITERATOR,
    'SharedReceiver.stream': STREAM,
    'BroadcastSender.send': COPY,
    'BroadcastSender.clone': { gives: 'BroadcastSender', handle: true },
    'BroadcastSender.subscribe': { gives: 'BroadcastReceiver', handle: true },
    'BroadcastReceiver.recv': MESSAGE,
    'BroadcastReceiver.resubscribe': { gives: 'BroadcastReceiver', handle: true },
    'BroadcastReceiver.tryIter': ITERATOR,
    'BroadcastReceiver.stream': STREAM,
    'OneshotSender.send': GIVE,
    'OneshotSender.closed': WAITS,
    'OneshotReceiver.recv': WAITS,
    'WatchSender.send': COPY,
    'WatchSender.sendReplace': COPY,
    'WatchSender.sendIfModified': HERE,
    'WatchSender.subscribe': { gives: 'WatchReceiver', handle: true },
    'WatchSender.closed': WAITS,
    'WatchReceiver.changed': WAITS,
    'WatchReceiver.waitFor': HERE_WAITS,
    'WatchReceiver.clone': { gives: 'WatchReceiver', handle: true },
    'Timer.recv': WAITS,
    'ArrayQueue.push': GIVE,
    'ArrayQueue.forcePush': GIVE,
    'SegQueue.push': GIVE,

    'Builder.spawn': SPAWN,
    'Builder.spawnScoped': { ...SPAWN, runs: 'borrow', at: [1], scope: 0 },
    'Scope.spawn': { ...SPAWN, runs: 'borrow' },
    'ThreadPool.run': SPAWN,
    'ThreadPool.builder': { gives: 'PoolBuilder' },
    'PoolBuilder.run': SPAWN,
    'ThreadLocal.with': HERE,
    'TaskScope.spawn': SPAWN_TASK,
    'JoinSet.spawn': SPAWN_TASK,
    'JoinSet.joinNext': { waits: true, takes: 'outcome' },
    'JoinHandle.join': { waits: true, joins: true },
    'JoinHandle.wait': { blocks: true },
    'JoinHandle.within': WAITS,
    'JoinHandle.then': { runs: 'later', at: [0, 1] },
    'JoinHandle.catch': LATER,
    'JoinHandle.finally': LATER,
    'TaskHandle.abort': NONE,
    'TaskHandle.join': { waits: true, joins: true },
    'TaskHandle.then': { runs: 'later', at: [0, 1] },
    'Wait.wait': { blocks: true },
    'Wait.try': NONE,
    'Wait.within': WAITS,
    'Wait.then': { runs: 'later', at: [0, 1] },
    'Wait.catch': LATER,
    'Wait.finally': LATER,

    'ParIter.map': MAP,
    'ParIter.filter': STEP,
    'ParIter.flatMap': MAP,
    'ParIter.inspect': STEP,
    'ParIter.takeAny': { gives: 'ParIter' },
    'ParIter.fold': { runs: 'borrow', at: [0, 1], orValue: true, items: [1], renews: true, gives: 'ParIter' },
    'ParIter.reduce': { runs: 'borrow', at: [0, 1], orValue: true, waits: true },
    'ParIter.sum': WAITS,
    'ParIter.count': WAITS,
    'ParIter.min': WAITS,
    'ParIter.max': WAITS,
    'ParIter.minBy': COMPARE,
    'ParIter.maxBy': COMPARE,
    'ParIter.find': SEARCH,
    'ParIter.findAny': SEARCH,
    'ParIter.any': SEARCH,
    'ParIter.all': SEARCH,
    'ParIter.forEach': SEARCH,
    'ParIter.collect': WAITS,
  }),
)

const MOVED: Class = { crosses: 'moved' }
const SHARED: Class = { crosses: 'shared' }
const NEVER: Class = { crosses: 'never' }
const LOCK: Class = { crosses: 'moved', made: GIVE, isStatic: true }
const STATIC: Class = { crosses: 'shared', made: NONE, isStatic: true }
const SENDER: Class = { crosses: 'moved', keepsOpen: true }
const DATA: Class = { crosses: 'moved', isData: true }
const ERROR: Class = { crosses: 'moved', made: NONE, isData: true }

export const CLASSES: ReadonlyMap<string, Class> = new Map(
  Object.entries<Class>({
    Arc: { crosses: 'shared', made: GIVE, isStatic: true },
    ArcMut: NEVER,
    Weak: { crosses: 'shared', made: NONE },
    UnsafeShared: { crosses: 'shared' },
    Rc: { crosses: 'never', made: NONE },
    Mutex: LOCK,
    RwLock: LOCK,
    ReentrantMutex: LOCK,
    Guard: { crosses: 'never', guard: 'exclusive' },
    WriteGuard: { crosses: 'never', guard: 'exclusive' },
    ReadGuard: { crosses: 'never', guard: 'shared' },
    UpgradableGuard: { crosses: 'never', guard: 'upgradable' },
    ReentrantGuard: { crosses: 'never', guard: 'reentrant' },
    Condvar: STATIC,
    Barrier: STATIC,
    Semaphore: STATIC,
    SemaphorePermit: MOVED,
    WaitGroup: { crosses: 'moved', made: NONE },
    Once: STATIC,
    OnceLock: STATIC,
    LazyLock: { crosses: 'shared', made: { runs: 'move' }, isStatic: true },
    ConcurrentMap: STATIC,
    AtomicI8: STATIC,
    AtomicI16: STATIC,
    AtomicI32: STATIC,
    AtomicI64: STATIC,
    AtomicU8: STATIC,
    AtomicU16: STATIC,
    AtomicU32: STATIC,
    AtomicU64: STATIC,
    AtomicF64: STATIC,
    AtomicBool: STATIC,
    Vec: MOVED,
    FrozenVec: SHARED,
    StructMaker: SHARED,

    Sender: SENDER,
    SyncSender: SENDER,
    WeakSender: MOVED,
    SendPermit: MOVED,
    Receiver: MOVED,
    SharedReceiver: MOVED,
    BroadcastSender: SENDER,
    BroadcastReceiver: MOVED,
    OneshotSender: MOVED,
    OneshotReceiver: MOVED,
    WatchSender: MOVED,
    WatchReceiver: MOVED,
    ArrayQueue: STATIC,
    SegQueue: STATIC,
    Timer: MOVED,

    HeapReport: DATA,
    Thread: SHARED,
    ThreadPool: { crosses: 'shared', isStatic: true },
    PoolBuilder: NEVER,
    Builder: NEVER,
    Scope: NEVER,
    ThreadLocal: NEVER,
    TaskScope: NEVER,
    JoinHandle: { crosses: 'moved', handleOf: 'thread' },
    TaskHandle: { crosses: 'never', handleOf: 'task' },
    JoinSet: { crosses: 'never', made: NONE },
    Wait: NEVER,
    ParIter: NEVER,
    Range: DATA,
    FileSource: NEVER,

    FearlessError: ERROR,
    PanicError: ERROR,
    PoisonError: ERROR,
    ClosedError: ERROR,
    FullError: ERROR,
    LaggedError: ERROR,
    TimeoutError: ERROR,
    MovedError: ERROR,
    DroppedError: ERROR,
    BlockingError: ERROR,
    DeadlockError: ERROR,
    NotSendError: ERROR,
    ClosureError: ERROR,
    StaticError: ERROR,
    HeapFullError: ERROR,
    CancelledError: ERROR,
    BorrowError: ERROR,
    EnvironmentError: ERROR,
    SharedError: ERROR,
    ReadonlyError: ERROR,
    CloneError: ERROR,
    LostWriteError: ERROR,
    FileError: ERROR,
  }),
)

/** Exports without an operation: the fields of a `struct`, types of plain data, and types of types. */
export const PLAIN: ReadonlySet<string> = new Set(
  (
    'FieldOf FieldsOf VecView Arrival MapKey Guards ' +
    'LoadOrdering Ordering StoreOrdering BuilderOptions PoolOptions RunOptions ThreadSettings PanickedThread JoinSetOptions ' +
    'SendableOptions Selected TryResult WaitLimits Send SendResult SendSync Sendable Sync ThreadBound'
  ).split(' '),
)
