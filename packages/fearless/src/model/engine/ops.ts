/**
 * What a step can be, and which steps depend on each other.
 *
 * Two steps of different threads depend on each other, so that their order matters, if they touch a common byte and
 * one writes it, or if both touch the line of those who wait on a common address. Everything else commutes.
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
/** Goes to sleep if the word is as expected; the end of the sleep is a step of its own, WAKE. */
export const WAIT = 11
export const WAIT_ASYNC = 12
/** The end of a sleep: by a notify, or by its time running out, which may happen whenever the thread sleeps. */
export const WAKE = 13
export const SPAWN = 14
export const JOIN = 15
export const PAUSE = 16
/** The death of a thread: the only step of the process that stands for it. */
export const KILL = 17
/** A choice of the program among n; no scheduling point. */
export const CHOOSE = 18
/** The end of a thread that may still die: a death before it is seen, one after it is not. */
export const END = 19

export const NAMES: readonly string[] = (
  'start load store exchange compareExchange add sub and or xor ' +
  'notify wait waitAsync wake spawn join pause killed choose end'
).split(' ')

export const READS = 1
export const WRITES = 2
/** Touches the line of those who wait on the address. */
export const QUEUE = 4
/** Has written. A refused exchange may count as a write though it has not. */
export const WROTE = 8

/**
 * What each kind touches.
 *
 * A wait that is refused, because the word has changed, touches the line too. It leaves it as it was, but whether it
 * enters is decided in one step with it: with a notify it does not commute in the state before the word changed, and
 * the search looks for the other order only between steps that depend on each other.
 */
export const TOUCHES = new Uint8Array(20)
TOUCHES[LOAD] = READS
TOUCHES[STORE] = WRITES | WROTE
for (const kind of [SWAP, CAS, ADD, SUB, AND, OR, XOR]) TOUCHES[kind] = READS | WRITES | WROTE
TOUCHES[NOTIFY] = QUEUE
TOUCHES[WAIT] = TOUCHES[WAIT_ASYNC] = READS | QUEUE

/** Whether two steps on a common byte depend on each other. */
export function depend(a: number, b: number): boolean {
  return ((a & WRITES) !== 0 && (b & 3) !== 0) || ((b & WRITES) !== 0 && (a & READS) !== 0) || (a & b & QUEUE) !== 0
}

/** What a wait returns, as the log holds it. */
export const OK = 0
export const NOT_EQUAL = 1
export const TIMED_OUT = 2
export const HOW = ['ok', 'not-equal', 'timed-out'] as const
