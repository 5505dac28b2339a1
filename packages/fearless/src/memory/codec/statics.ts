/**
 * Statics: what a module makes while it is evaluated is one thing in all threads, as a `static` of Rust is.
 *
 * Each thread evaluates the module, and a table in the heap tells by the module, the statement and the ordinal which thing is
 * meant. The first thread publishes its thing; every other one becomes another owner of it and ends the one it has just made.
 *
 *   module   +0 next, +4 name, +8 its statics
 *   static   +0 next, +4 statement, +8 ordinal, +12 kind of handle, +16 thing, +20 state, +24 shares
 *
 * Both lists only grow. A newer static with the same statement and ordinal takes the place of an older one.
 *
 *   OWNED      the thing is kept for the life of the process
 *   UNASKED    only the main thread has it, and owns it as it owns all else: it may still end it
 *   IN_USE     the same, and the main thread changes it by the right of the only owner
 *   ENDED      the main thread has ended it, or has given it away
 *
 * The main thread may be the only one ever to evaluate a module, and most programs make there what they drop later. So it
 * keeps nothing alive for others before a thread asks. From then on its record is the table's: dropping it leaves the share.
 */
import { STATICS_HEAD } from '../../core/layout.ts'
import { StaticError } from '../../errors.ts'
import type { Evaluation } from '../../platform/evaluation.ts'
import { allocate, i32 } from '../heap.ts'
import { loadText, storeText } from '../text.ts'

const NEXT = 0
const MODULE_NAME = 4
const MODULE_STATICS = 8
const STATIC_SITE = 4
const STATIC_ORDINAL = 8
const STATIC_KIND = 12
const STATIC_THING = 16
const STATIC_STATE = 20
const STATIC_SHARES = 24

const OWNED = 0
const UNASKED = 1
const IN_USE = 2
const ENDED = 3

/** How many things one statement may make: a loop that makes more makes locals. */
const MAX_OF_STATEMENT = 4096

export interface Static {
  readonly thing: number
  readonly shares: number
}

export interface StaticKey {
  readonly evaluation: Evaluation
  readonly site: number
  readonly ordinal: number
}

// The modules and the statics that this thread has seen.
const modules = new Map<string, { readonly at: number; seen: number; readonly nodes: Map<number, number> }>()
/** The statics that the main thread owns itself, by their things, with its record of each. */
const unasked = new Map<number, { readonly node: number; readonly record: number }>()

/** The identity of what the module makes next; undefined where the statement has made too much to be remembered. */
export function nextKey(evaluation: Evaluation): StaticKey | undefined {
  const { site, made } = evaluation
  const ordinal = made.get(site) ?? 0
  if (ordinal >= MAX_OF_STATEMENT) return undefined
  made.set(site, ordinal + 1)
  return { evaluation, site, ordinal }
}

/** The thing that another thread has made there, which nobody ends any more. Throws `StaticError` if it is of another kind. */
export function findStatic(key: StaticKey, kind: number): Static | undefined {
  const node = nodeOf(key)
  if (node === undefined) return undefined
  const state = (node + STATIC_STATE) >> 2
  // RACE: the main thread may end the thing, or use it alone, at this moment. Of the two exchanges one fails.
  if (i32[(node + STATIC_KIND) >> 2] !== kind) throw otherKind(key.evaluation.module)
  const found = Atomics.compareExchange(i32, state, UNASKED, OWNED)
  if (found === ENDED) return undefined
  if (found === IN_USE) throw inUse(key.evaluation.module)
  return { thing: i32[(node + STATIC_THING) >> 2], shares: i32[(node + STATIC_SHARES) >> 2] }
}

/**
 * Makes `thing` the one that is found from now on, unless another thread has published one meanwhile, which is returned.
 * `record` is the main thread's, which owns the thing; without it the caller has left a share to the table.
 */
export function publishStatic(
  key: StaticKey,
  kind: number,
  thing: number,
  shares: number,
  record: number | undefined,
): Static | undefined {
  const module = moduleOf(key.evaluation.module)
  const node = allocate(32)
  i32[(node + STATIC_SITE) >> 2] = key.site
  i32[(node + STATIC_ORDINAL) >> 2] = key.ordinal
  i32[(node + STATIC_KIND) >> 2] = kind
  i32[(node + STATIC_THING) >> 2] = thing
  i32[(node + STATIC_STATE) >> 2] = record === undefined ? OWNED : UNASKED
  i32[(node + STATIC_SHARES) >> 2] = shares
  const head = (module.at + MODULE_STATICS) >> 2
  for (;;) {
    const seen = Atomics.load(i32, head)
    i32[(node + NEXT) >> 2] = seen
    // Passes the node to all threads: but for its state it never changes again.
    if (module.seen === seen && Atomics.compareExchange(i32, head, seen, node) === seen) break
    const other = key.evaluation.again ? undefined : findStatic(key, kind)
    if (key.evaluation.again) nodeOf(key)
    if (other !== undefined) return other
  }
  module.seen = node
  module.nodes.set(numberOfKey(key.site, key.ordinal), node)
  if (record !== undefined) unasked.set(thing, { node, record })
  return undefined
}

/**
 * The only owner of `thing` ends it, or gives it away. False if another thread has found it, so that it must stay. True for what
 * is no static.
 */
export function mayEndStatic(thing: number): boolean {
  const known = unasked.size === 0 ? undefined : unasked.get(thing)
  if (known === undefined) return true
  // RACE: a thread may ask for it at this moment. Of the two exchanges one fails.
  if (Atomics.compareExchange(i32, (known.node + STATIC_STATE) >> 2, UNASKED, ENDED) !== UNASKED) return false
  unasked.delete(thing)
  return true
}

/** The main thread leaves its share of `thing` to the table. */
export function keepStatic(thing: number): void {
  Atomics.store(i32, (unasked.get(thing)!.node + STATIC_STATE) >> 2, OWNED)
  unasked.delete(thing)
}

/** Whether a thread that evaluates some module gets this thing. */
export function isStatic(thing: number): boolean {
  for (let module = Atomics.load(i32, STATICS_HEAD >> 2); module !== 0; module = i32[(module + NEXT) >> 2]) {
    let node = Atomics.load(i32, (module + MODULE_STATICS) >> 2)
    for (; node !== 0; node = i32[(node + NEXT) >> 2]) {
      if (i32[(node + STATIC_THING) >> 2] !== thing) continue
      if (Atomics.load(i32, (node + STATIC_STATE) >> 2) !== ENDED) return true
    }
  }
  return false
}

/** Whether `record` is the one with which the main thread owns a static. */
export function isUnasked(thing: number, record: number): boolean {
  return unasked.size > 0 && unasked.get(thing)?.record === record
}

/** The only owner of `thing` changes it until `releaseStatic`. False if another thread has found it. True for what is no static. */
export function holdStatic(thing: number): boolean {
  const known = unasked.size === 0 ? undefined : unasked.get(thing)
  if (known === undefined) return true
  return Atomics.compareExchange(i32, (known.node + STATIC_STATE) >> 2, UNASKED, IN_USE) === UNASKED
}

export function releaseStatic(thing: number): void {
  const known = unasked.size === 0 ? undefined : unasked.get(thing)
  if (known !== undefined) Atomics.compareExchange(i32, (known.node + STATIC_STATE) >> 2, IN_USE, UNASKED)
}

const numberOfKey = (site: number, ordinal: number): number => site * MAX_OF_STATEMENT + ordinal

/** The newest static with this key. */
function nodeOf({ evaluation, site, ordinal }: StaticKey): number | undefined {
  const module = moduleOf(evaluation.module)
  const head = Atomics.load(i32, (module.at + MODULE_STATICS) >> 2)
  const newer = new Map<number, number>()
  for (let node = head; node !== module.seen; node = i32[(node + NEXT) >> 2]) {
    const key = numberOfKey(i32[(node + STATIC_SITE) >> 2], i32[(node + STATIC_ORDINAL) >> 2])
    if (!newer.has(key)) newer.set(key, node)
  }
  for (const [key, node] of newer) module.nodes.set(key, node)
  module.seen = head
  return module.nodes.get(numberOfKey(site, ordinal))
}

function moduleOf(name: string): { readonly at: number; seen: number; readonly nodes: Map<number, number> } {
  const known = modules.get(name)
  if (known !== undefined) return known
  const module = { at: moduleAt(name), seen: 0, nodes: new Map<number, number>() }
  modules.set(name, module)
  return module
}

/** Where the module is in the heap; it is added if it is not there. */
function moduleAt(name: string): number {
  let added = 0
  for (let looked = 0; ;) {
    const head = Atomics.load(i32, STATICS_HEAD >> 2)
    for (let node = head; node !== looked; node = i32[(node + NEXT) >> 2]) {
      if (loadText(i32[(node + MODULE_NAME) >> 2]) === name) return node
    }
    looked = head
    if (added === 0) {
      added = allocate(16)
      i32[(added + MODULE_NAME) >> 2] = storeText(name)
      i32[(added + MODULE_STATICS) >> 2] = 0
    }
    i32[(added + NEXT) >> 2] = head
    // Passes the module to all threads.
    if (Atomics.compareExchange(i32, STATICS_HEAD >> 2, head, added) === head) return added
  }
}

function otherKind(module: string): StaticError {
  return new StaticError(
    `${module} made another thing here than it did in another thread, so the threads would share nothing. ` +
      'Make it in every evaluation, in the same order, or make it in the main thread and pass it.',
  )
}

function inUse(module: string): StaticError {
  return new StaticError(
    `An Arc that ${module} made is being changed in the main thread by \`getMut\`. Release that before a thread imports the module.`,
  )
}

/** What a module of a thread makes where no other thread would find it. */
export function unseenStatic(name: string, module: string | undefined): StaticError {
  return new StaticError(
    `${withArticle(name)} was made while ${module ?? 'a module'} was evaluated in a thread, and the compiler has not seen the file in ` +
      'the main thread, so each thread would have one of its own. ' +
      'Run the program with `fearless run` or build it with the plugin, or make it in a function of the main thread and pass it.',
  )
}

export function tooManyStatics(name: string, module: string): StaticError {
  return new StaticError(
    `One statement of ${module} made more than ${MAX_OF_STATEMENT} shared things, got another ${name}. ` +
      'Make them in the main thread and pass them, or share one ConcurrentMap.',
  )
}

/** What only one thread can have, and a module made in another. */
export function ownedInModule(name: string, module: string | undefined, place: string): StaticError {
  return new StaticError(
    `${withArticle(name)} was made at ${place} while ${module ?? 'a module'} was evaluated in a thread, and each thread would have one of its ` +
      'own. Make it in a function of the main thread and pass it, or keep it in a Mutex of the module.',
  )
}

const withArticle = (name: string): string => `${/^[AEIO]/.test(name) ? 'An' : 'A'} ${name}`
