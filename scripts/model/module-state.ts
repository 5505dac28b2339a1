/**
 * Module variables of the library, by file, whose initialiser does not show whether all simulated threads share them
 * (REGISTRIES, SHARED_CONSTANTS) or each thread has its own (THREAD_STATE). The build fails for a name that is not in
 * its file, and for a variable that neither its initialiser nor this list classifies.
 */
type Names = Readonly<Record<string, readonly string[]>>

/** Filled during the evaluation of modules, and only read afterwards. */
export const REGISTRIES: Names = {
  'memory/codec/error.ts': ['kinds'],
  'memory/codec/handle-codec.ts': ['handles', 'classes'],
  'memory/codec/read.ts': ['readers'],
  'memory/codec/refuse.ts': ['reasons'],
  'memory/codec/write.ts': ['kinds', 'functions', 'strangerKind'],
  'memory/handles/handle.ts': ['kinds'],
  'memory/heap.ts': ['garbageReclaimer'],
  'memory/codec/lent.ts': ['writers'],
  'memory/codec/sendable.ts': ['names'],
  'sync/owner-count.ts': ['countedKinds'],
  'thread/closure/factory.ts': ['builtIn'],
  'thread/pool/panic-report.ts': ['mainThread'],
  'memory/codec/unsafe-shared.ts': ['rawMemory'],
  'thread/pool/thread-owners.ts': ['panicReporter'],
  'thread/pool/reaper.ts': ['workerDeathHooks'],
}

/** Made once and never changed. */
export const SHARED_CONSTANTS: Names = {
  'core/index.ts': ['core'],
  'core/shared-memory.ts': ['sharedMemory'],
  'memory/codec/clone.ts': ['MARK', 'TARGET', 'handler'],
  'memory/codec/buffer.ts': [
    'VIEWS',
    'typedArray',
    'bufferBytes',
    'bufferDetached',
    'bufferResizable',
    'bufferMaximum',
    'arraySlots',
    'viewSlots',
    'nodeBuffer',
  ],
  'memory/codec/builtin.ts': ['source', 'flags'],
  'memory/codec/error.ts': ['CLASSES'],
  'memory/codec/refuse.ts': ['iterators', 'asyncIterators'],
  'memory/codec/write.ts': ['PLAIN_KIND', 'ARRAY_KIND'],
  'memory/codec/freeze.ts': ['WRITERS'],
  'memory/codec/lent.ts': ['BUILT_IN', 'NodeBuffer'],
  'memory/codec/moved.ts': [
    'INTO_THREAD',
    'INTO_CHANNEL',
    'INTO_ONESHOT',
    'INTO_QUEUE',
    'INTO_LOCK',
    'INTO_GUARD',
    'INTO_ARC',
    'INTO_ONCE_LOCK',
    'INTO_LAZY_LOCK',
    'INTO_MAP',
    'texts',
  ],
  'memory/handles/handle.ts': ['evaluations'],
  'memory/heap.ts': ['u8', 'u16', 'i32', 'f64', 'i64', 'u64'],
  'memory/struct/views.ts': [
    'classes',
    'CELLS',
    'sealed',
    'MEMBERS',
    'ended',
    'lengthOf',
    'CONFINED',
    'CONFINED_READER',
    'KEEPS_VIEW',
  ],
  'memory/creation-sites.ts': ['own'],
  'par/ops/part.ts': ['ONLY_READS'],
  'par/run/owner.ts': ['NO_NUMBERS'],
  'par/sources/files.ts': ['readers'],
  'sync/arc.ts': ['Arc', 'owners'],
  'sync/lock-snapshot.ts': ['generators'],
  'sync/barrier.ts': ['LEADER', 'FOLLOWER'],
  'sync/vec.ts': ['vec'],
  'thread/panic.ts': ['LIBRARY'],
  'thread/pool/worker.ts': ['LONGEST_IDLE'],
  'wait/operation.ts': ['monotonicNow'],
  'wait/spin-budget.ts': ['SPIN_LIMIT_US'],
  'wait/deadlock.ts': ['deadlockDetectionEnabled'],
  'wait/park.ts': ['NEVER_NOTIFIED'],
  'wait/lock-sites.ts': ['traceLockSites'],
}

/** One per thread. */
export const THREAD_STATE: Names = {
  'core/index.ts': ['inherited', 'self'],
  'memory/handles/handle.ts': ['forgotten', 'leaks', 'unreachable'],
  'memory/codec/shapes.ts': ['ROOT', 'UNLEARNT'],
  'memory/creation-sites.ts': ['lines'],
  'memory/struct/structs.ts': ['texts'],
  'task/task-handle.ts': ['OPEN'],
  'thread/closure/closure.ts': ['urls'],
  'wait/lock-sites.ts': ['locationsByLock'],
  'wait/park.ts': ['rendezvousSpins', 'spins'],
  'wait/yield.ts': ['RESOLVED', 'spins'],
}
