/**
 * Where everything lives in the shared heap; all addresses and sizes in bytes.
 *
 *         0  null: no object has address 0
 *        64  control words (this table)
 *      4096  classes of the allocator, 64 bytes each
 *      8192  slots, SLOT_SIZE each: one per JavaScript thread (main is slot 1)
 *   1056768  page table: an entry of 32 bytes for each page of 16 KiB (pages.ts)
 *            then, at HEAP_FIRST, the first page that can be handed out
 */

// Control words. Each hot word has a line of its own (128 bytes: two lines, as prefetchers fetch pairs).
export const HEAP_TOP: i32 = 128 // first byte that no run of pages covers
export const HEAP_END: i32 = 132 // first byte after the heap
export const HEAP_FIRST: i32 = 136 // first byte after the page table
export const HEAP_TOUCHED: i32 = 140 // no page from here on was ever handed out, so all of them are zero
export const PAGE_LATCH: i32 = 144 // the page heap
export const FREE_PAGES: i32 = 148 // pages in free runs
export const RESERVED_PAGES: i32 = 152 // pages that only waits, ends and errors may use
export const VISITORS: i32 = 156 // threads that visit all things of a class
export const DETACHING: i32 = 160 // threads that take an empty span of things out of its class
export const SHAPES_HEAD: i32 = 256 // the codec's shapes, a linked list that only grows
export const TEXTS_HEAD: i32 = 260 // module texts of closures, a linked list that only grows
export const CLOSURES_HEAD: i32 = 264 // closure addresses (urls) by number, a linked list that only grows
export const NEXT_THREAD: i32 = 268 // the next thread's id
export const NEXT_SLOT: i32 = 272 // slots ever used
export const FREE_SLOTS_LATCH: i32 = 276
export const FREE_SLOTS: i32 = 280 // head of the list of slots whose worker is gone
export const PARALLELISM: i32 = 284 // how many threads compute at once: thread.configure({ workers })
export const SUPERVISED: i32 = 288 // 1 once the supervisor was asked for
export const STRUCTS_HEAD: i32 = 292 // layouts of structs, a linked list that only grows
export const STATICS_HEAD: i32 = 296 // modules and what they make while they are evaluated, a linked list that only grows
export const UNJOINED_PANICS: i32 = 300 // threads that panicked, and that no thread can join any more
export const MAX_WORKERS: i32 = 304 // most workers at once, those with a waiting thread included
export const QUEUE_LIMIT: i32 = 308 // most threads that may wait for a worker before `spawn` refuses
export const SITES_HEAD: i32 = 312 // lines of the program that make things, a linked list that only grows
export const RUN_LATCH: i32 = 384 // the run queue: threads that no worker has taken yet
export const RUN_HEAD: i32 = 388
export const RUN_TAIL: i32 = 392
export const RUN_LENGTH: i32 = 396
export const RUN_TAKEN: i32 = 400 // how many were ever taken: stands still when nobody makes progress
export const RUN_WATCHED: i32 = 404 // 1 while the supervisor watches that the queue moves
export const WORKERS: i32 = 512 // workers alive or starting
export const IDLE_QUEUE: i32 = 520 // wait queue of workers without a thread
export const PAR_QUEUE: i32 = 640 // wait queue of parallel helpers without work
export const PAR_OFFERS: i32 = 656 // how much parallel work was ever offered: a helper that watches sees it change
export const PAR_HELPERS: i32 = 660 // parallel helpers alive or starting
export const PAR_SERIAL: i32 = 664 // serial number of the next parallel region
export const PAR_DEQUES: i32 = 668 // table of deques by slot, 0 before the first parallel region

export const DEADLOCK_LATCH: i32 = 896 // whoever opens a circle of threads that wait for each other

export const CLASSES: i32 = 4096
export const CLASS_SIZE: i32 = 64

export const PAGE_BINS: i32 = 7168 // lists of free runs of pages, by their length

export const SLOTS: i32 = 8192
export const SLOT_SIZE: i32 = 1024
export const MAX_SLOTS: i32 = 1024

export const PAGE_TABLE: i32 = SLOTS + MAX_SLOTS * SLOT_SIZE
export const PAGE_SHIFT: i32 = 14
export const PAGE_SIZE: i32 = 16384

// A slot: what the others may know of one JavaScript thread. Only that thread writes it, the reaper once it is dead.
export const SLOT_ID: i32 = 0 // 1..MAX_SLOTS; 0 while free
export const SLOT_LATCH: i32 = 4 // the latch it holds or tries to take
export const SLOT_PENDING: i32 = 8 // the wait queue it owes a wake
export const SLOT_BELL: i32 = 12 // the word its event loop sleeps on
export const SLOT_READY: i32 = 16 // woken waiters of its event loop
export const SLOT_THREAD: i32 = 20 // the thread record it runs
export const SLOT_STATE: i32 = 24
export const SLOT_HANDLES: i32 = 28 // list of the handles it owns
export const SLOT_HELD: i32 = 32 // how many locks it holds
export const SLOT_BLOCKS: i32 = 36 // 1 if it may block
export const SLOT_NEXT: i32 = 40 // next free slot
export const SLOT_KIND: i32 = 44 // what `take` of a channel found
export const SLOT_ADDRESS: i32 = 48
export const SLOT_LENGTH: i32 = 52
export const SLOT_ASLEEP: i32 = 56 // more than 0 while its thread blocks or yields: another worker may run in its place
export const SLOT_EXIT: i32 = 60 // exit code + 1 once it called process.exit; RAN_DRY once its event loop had nothing left to do
export const SLOT_SCRATCH: i32 = 64 // the block that its codec writes into
export const SLOT_RECOUNT: i32 = 68 // 1: look at every waiter of this loop, a waker died on the way
export const SLOT_OFFER: i32 = 72 // two words: the parallel work it stole last
export const SLOT_TASK: i32 = 80 // the parallel region of another thread that it works for
export const SLOT_REGIONS: i32 = 84 // list of its own parallel regions
export const SLOT_HELPER: i32 = 88 // 1 if it is a parallel helper
export const SLOT_TAKEN: i32 = 92 // two words: the parallel work it took back last
export const SLOT_PACKING: i32 = 100 // 1 while it packs handles into a message that nobody else can reach yet
export const SLOT_SPAWNING: i32 = 104 // the thread record it has made and not queued yet
export const SLOT_HAND: i32 = 108 // list of the messages it has taken out of a channel and not read yet
export const SLOT_RUN: i32 = 112 // the run of pages that it moves between the page heap and an owner
export const SLOT_WAITS: i32 = 116 // the lock it blocks on while it holds another
export const SLOT_SITE: i32 = 120 // where it does so, as a text
export const SLOT_UNWINDS: i32 = 124 // when an error of its thread last released a resource, on the clock of sync/unwind.ts; 0 if its panic is stored
export const SLOT_URGENT: i32 = 128 // 1 while it may take from the reserve of the page heap
export const SLOT_POOL: i32 = 132 // the thread pool whose places and queue it changes
export const SLOT_CACHES: i32 = 136 // per size class: list head, length

export const RAN_DRY: i32 = -1

export const BELL_AWAKE: i32 = 0
export const BELL_ASLEEP: i32 = 1
export const BELL_RUNG: i32 = 2
