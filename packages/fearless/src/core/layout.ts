/**
 * The layout of the shared heap: control words, slots and page table. All addresses and sizes are in bytes.
 *
 *   +0        -           32 words: null, because no object has address 0
 *   +128      -           992 words: the control words (below)
 *   +4096     CLASSES     768 words: size classes of the allocator, CLASS_SIZE each (alloc.ts)
 *   +7168     PAGE_BINS   256 words: lists of free runs of pages by length (pages.ts)
 *   +8192     SLOTS       262144 words: slots, SLOT_SIZE each: one per operating-system thread (main has slot 1)
 *   +1056768  PAGE_TABLE  end: an entry for each page of 16 KiB follows (pages.ts), then, at HEAP_FIRST, the first page
 *                         that can be allocated
 */

export const CLASS_SIZE: i32 = 64
export const SLOT_SIZE: i32 = 1024
export const MAX_SLOTS: i32 = 1024
export const PAGE_SHIFT: i32 = 14
export const PAGE_SIZE: i32 = 16384

export const CLASSES: i32 = 4096
export const PAGE_BINS: i32 = 7168
export const SLOTS: i32 = 8192
export const PAGE_TABLE: i32 = SLOTS + MAX_SLOTS * SLOT_SIZE

// The control words. Each hot word has 128 bytes of its own: two cache lines, because prefetchers fetch pairs of lines.
export const HEAP_TOP: i32 = 128 // end of the pages in use: no run of pages lies above it
export const HEAP_END: i32 = 132 // first byte after the heap
export const HEAP_FIRST: i32 = 136 // first byte after the page table
export const HEAP_TOUCHED: i32 = 140 // no page from here on was ever allocated, so all of them are zero
export const PAGE_LATCH: i32 = 144 // protects the page heap
export const FREE_PAGES: i32 = 148 // pages in free runs
export const RESERVED_PAGES: i32 = 152 // pages that only waiters, drops and error reports may use
export const VISITORS: i32 = 156 // threads that visit all objects of a class
export const DETACHING: i32 = 160 // threads that detach an empty span from its class
export const SHAPES_HEAD: i32 = 256 // shapes of the codec, a linked list that only grows
export const TEXTS_HEAD: i32 = 260 // module texts of closures, a linked list that only grows
export const CLOSURES_HEAD: i32 = 264 // URLs of closures by number, a linked list that only grows
export const NEXT_THREAD: i32 = 268 // the next thread's id
export const NEXT_SLOT: i32 = 272 // number of the first slot that was never used
export const FREE_SLOTS_LATCH: i32 = 276
export const FREE_SLOTS: i32 = 280 // head of the list of slots whose worker has ended
export const PARALLELISM: i32 = 284 // number of threads that compute at the same time: thread.configure({ workers })
export const SUPERVISED: i32 = 288 // 1 once a thread has requested the supervisor, 2 once the main thread has ended
export const STRUCTS_HEAD: i32 = 292 // layouts of structs, a linked list that only grows
export const STATICS_HEAD: i32 = 296 // modules and their statics, a linked list that only grows
export const UNJOINED_PANICS: i32 = 300 // number of threads that panicked and that no thread can join any more
export const MAX_WORKERS: i32 = 304 // limit of the number of workers, those with a waiting thread included
export const QUEUE_LIMIT: i32 = 308 // limit of the threads in the run queue: beyond it, `spawn` throws
export const SITES_HEAD: i32 = 312 // source locations that create objects, a linked list that only grows
export const PANIC_HANDLER: i32 = 316 // 1 if the main thread has a handler for panics that no thread joins
export const PANIC_NOTES: i32 = 320 // reports for that handler, a linked list that the main thread takes
export const NEXT_RAW_MEMORY: i32 = 324 // the number of the next object that `unsafeShared` sends
export const RUN_LATCH: i32 = 384 // protects the run queue: threads that no worker runs yet
export const RUN_HEAD: i32 = 388
export const RUN_TAIL: i32 = 392
export const RUN_LENGTH: i32 = 396
export const RUN_POPPED: i32 = 400 // number of threads ever popped: constant while no worker makes progress
export const RUN_WATCHED: i32 = 404 // 1 while the supervisor checks that the queue makes progress
export const WORKERS: i32 = 512 // number of workers alive or starting
export const IDLE_QUEUE: i32 = 520 // wait queue of idle workers
export const PAR_QUEUE: i32 = 640 // wait queue of idle helpers of parallel iterators
export const PAR_PUSHED_JOBS: i32 = 656 // number of jobs ever pushed: a spinning helper sees it change
export const PAR_HELPERS: i32 = 660 // number of helpers alive or starting
export const PAR_SERIAL: i32 = 664 // serial number of the next parallel region
export const PAR_DEQUES: i32 = 668 // table of deques by slot; 0 before the first parallel region
export const DEADLOCK_LATCH: i32 = 896 // held by the thread that breaks a deadlock
// +4096 end

// A slot: the words of one operating-system thread. Only that thread writes them, and the reaper after its death.
export const SLOT_ID: i32 = 0 // 1..MAX_SLOTS; 0 if the slot is free
export const SLOT_LATCH: i32 = 4 // the latch that the thread holds or tries to acquire
export const SLOT_PENDING: i32 = 8 // the wait queue in which it has announced a wake-up
export const SLOT_BELL: i32 = 12 // the word its event loop sleeps on
export const SLOT_READY: i32 = 16 // woken waiters of its event loop, a linked list
export const SLOT_THREAD: i32 = 20 // record of the thread that it runs
export const SLOT_STATE: i32 = 24
export const SLOT_HANDLES: i32 = 28 // list of the handles that it owns
export const SLOT_HELD: i32 = 32 // number of locks that it holds
export const SLOT_MAY_BLOCK: i32 = 36 // 1 if the thread may block
export const SLOT_NEXT: i32 = 40 // next free slot
export const SLOT_KIND: i32 = 44 // result of receiving from a channel: kind, address, length
export const SLOT_ADDRESS: i32 = 48
export const SLOT_LENGTH: i32 = 52
export const SLOT_ASLEEP: i32 = 56 // above 0 while its thread blocks or yields: another worker may run in its place
export const SLOT_EXIT: i32 = 60 // exit code + 1 after process.exit; RAN_DRY after its event loop had no work left
export const SLOT_CODEC_BUFFER: i32 = 64 // the allocation that its codec writes into
export const SLOT_RECHECK_WAITERS: i32 = 68 // 1: check every waiter of the loop: a notifier died before its push
export const SLOT_TAKEN_JOB: i32 = 72 // two words: the job that it stole or popped and has not passed on; 0 if none
export const SLOT_HELPED_REGION: i32 = 80 // the region of the job that it runs as a helper
export const SLOT_REGIONS: i32 = 84 // list of its own regions
export const SLOT_HELPER: i32 = 88 // 1 if the worker is a helper of parallel iterators
export const SLOT_PACKING: i32 = 100 // 1 while it packs handles into a message that no other thread can reach yet
export const SLOT_SPAWNING: i32 = 104 // the thread record that it has made and not queued yet
export const SLOT_RECEIVED: i32 = 108 // list of the messages that it has received from a channel and not decoded yet
export const SLOT_PAGE_RUN: i32 = 112 // the run of pages that it moves between the page heap and an owner
export const SLOT_WAITS_FOR_LOCK: i32 = 116 // the lock that it waits for while it holds another
export const SLOT_WAIT_LOCATION: i32 = 120 // source location of that wait, as a text
export const SLOT_LAST_UNWIND: i32 = 124 // when an error last released a resource (sync/unwind.ts); 0 if panic stored
export const SLOT_URGENT: i32 = 128 // 1 while it may allocate from the reserve of the page heap
export const SLOT_POOL: i32 = 132 // the thread pool whose counts and queue it changes
export const SLOT_CACHES: i32 = 136 // 96 words: for each size class the head of a list and its length
// +1024 end

export const RAN_DRY: i32 = -1

export const BELL_AWAKE: i32 = 0
export const BELL_ASLEEP: i32 = 1
export const BELL_RUNG: i32 = 2
