/**
 * The kinds of steps, and their dependence relation.
 *
 * Two steps of different threads are dependent, so that their order matters, if they touch a common byte and one of
 * them writes it, or if both touch the wait queue of the same address. All other steps commute.
 */
export const START = 0
export const LOAD = 1
export const STORE = 2
export const SWAP = 3
export const CAS = 4
export const ADD = 5
export const SUB = 6
export const AND = 7
export const OR = 8
export const XOR = 9
export const NOTIFY = 10
/** Goes to sleep if the word has the expected value. The end of the sleep is another step, WAKE. */
export const WAIT = 11
export const WAIT_ASYNC = 12
/** The end of a sleep, by a notify or by a timeout. A timeout may happen at any time during the sleep. */
export const WAKE = 13
export const SPAWN = 14
export const JOIN = 15
export const PAUSE = 16
/** The death of a thread: the only step of the process that stands for it. */
export const KILL = 17
/** A choice of the program among n values. Not a scheduling point. */
export const CHOOSE = 18
/** The end of a thread that may still die. A death before this step has an effect, a later one has none. */
export const END = 19

export const STEP_NAMES: readonly string[] = (
  'start load store exchange compareExchange add sub and or xor ' +
  'notify wait waitAsync wake spawn join pause killed choose end'
).split(' ')

export const READS = 1
export const WRITES = 2
/** Touches the wait queue of the address. */
export const QUEUE = 4
/** Has written. A failed compareExchange may count as a write (WRITES) without this flag. */
export const WROTE = 8

/**
 * The effects of each kind of step.
 *
 * A wait that is refused because the word has changed also touches the wait queue. It leaves the queue unchanged, but
 * the same step decides whether the thread registers. Before the word changed, that wait and a notify did not commute,
 * and the search reverses only pairs of dependent steps.
 */
export const TOUCHES = new Uint8Array(20)
TOUCHES[LOAD] = READS
TOUCHES[STORE] = WRITES | WROTE
for (const kind of [SWAP, CAS, ADD, SUB, AND, OR, XOR]) TOUCHES[kind] = READS | WRITES | WROTE
TOUCHES[NOTIFY] = QUEUE
TOUCHES[WAIT] = TOUCHES[WAIT_ASYNC] = READS | QUEUE

/** Returns true if two steps on a common byte are dependent. */
export function areDependent(a: number, b: number): boolean {
  return ((a & WRITES) !== 0 && (b & 3) !== 0) || ((b & WRITES) !== 0 && (a & READS) !== 0) || (a & b & QUEUE) !== 0
}

/** The return values of a wait, as the log holds them. */
export const OK = 0
export const NOT_EQUAL = 1
export const TIMED_OUT = 2
export const WAIT_RESULTS = ['ok', 'not-equal', 'timed-out'] as const
