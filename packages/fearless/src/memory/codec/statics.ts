/**
 * Statics: an object that a module creates while it is evaluated is one object in all threads, like a `static` in Rust.
 *
 * Each thread evaluates the module. A table in the heap identifies the object by module, statement and ordinal. The
 * first thread publishes its object. Every other thread becomes another owner of it and drops the object that it has
 * just created.
 *
 * A module:
 *
 *   +0   NEXT             the next module
 *   +4   MODULE_NAME      name
 *   +8   MODULE_STATICS   list of its statics
 *   +16  MODULE_BYTES     end
 *
 * A static:
 *
 *   +0   NEXT             the next static
 *   +4   STATIC_SITE      statement
 *   +8   STATIC_ORDINAL   ordinal
 *   +12  STATIC_KIND      kind of handle
 *   +16  STATIC_THING     object
 *   +20  STATIC_STATE     state
 *   +24  STATIC_SHARES    shares
 *   +32  STATIC_BYTES     end
 *
 * Both lists only grow. A newer static with the same statement and ordinal replaces an older one. The states:
 *
 *   OWNED      the object is kept until the process ends
 *   UNASKED    only the main thread has the object, and may still drop it
 *   IN_USE     as UNASKED, but the main thread is changing the object as its only owner
 *   ENDED      the main thread has dropped the object or given it away
 *
 * The main thread may be the only one ever to evaluate a module, and most programs create objects there that they drop
 * later. So the main thread keeps no object alive for other threads before one asks for it. From then on the table owns
 * the main thread's record, so that dropping the handle leaves the share.
 */
import { cas, get, load, set, store } from '../../core/memory.ts'
import { STATICS_HEAD } from '../../core/layout.ts'
import { withFirstArticle } from '../../describe.ts'
import { StaticError } from '../../errors.ts'
import type { Evaluation } from '../../platform/evaluation.ts'
import { allocate, i32 } from '../heap.ts'
import { loadText, storeText } from '../interner.ts'

const NEXT = 0
const MODULE_NAME = 4
const MODULE_STATICS = 8
const MODULE_BYTES = 16
const STATIC_SITE = 4
const STATIC_ORDINAL = 8
const STATIC_KIND = 12
const STATIC_THING = 16
const STATIC_STATE = 20
const STATIC_SHARES = 24
const STATIC_BYTES = 32

const OWNED = 0
const UNASKED = 1
const IN_USE = 2
const ENDED = 3

/** The most objects that one statement may create. A loop that creates more creates locals. */
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
/** The statics that only the main thread owns, by object, with its record of each. */
const unasked = new Map<number, { readonly node: number; readonly record: number }>()

/** Returns the identity of the module's next object, or undefined if the statement has created too many. */
export function nextKey(evaluation: Evaluation): StaticKey | undefined {
  const { site, made } = evaluation
  const ordinal = made.get(site) ?? 0
  if (ordinal >= MAX_OF_STATEMENT) return undefined
  made.set(site, ordinal + 1)
  return { evaluation, site, ordinal }
}

/** Returns the object that another thread has published, which is then kept. Throws `StaticError` for another kind. */
export function findStatic(key: StaticKey, kind: number): Static | undefined {
  const node = nodeOf(key)
  if (node === undefined) return undefined
  const state = (node + STATIC_STATE) >> 2
  // RACE: the main thread may drop the object, or begin to change it, at this moment. One of the two exchanges fails.
  if (get(node + STATIC_KIND) !== kind) throw otherKind(key.evaluation.module)
  const found = Atomics.compareExchange(i32, state, UNASKED, OWNED)
  if (found === ENDED) return undefined
  if (found === IN_USE) throw inUse(key.evaluation.module)
  return { thing: get(node + STATIC_THING), shares: get(node + STATIC_SHARES) }
}

/**
 * Publishes `thing`. Returns the object of another thread instead if that thread has published one concurrently.
 * `record` is the main thread's, which owns the object; without it the caller has left a share to the table.
 */
export function publishStatic(
  key: StaticKey,
  kind: number,
  thing: number,
  shares: number,
  record: number | undefined,
): Static | undefined {
  const module = moduleOf(key.evaluation.module)
  const node = allocate(STATIC_BYTES)
  set(node + STATIC_SITE, key.site)
  set(node + STATIC_ORDINAL, key.ordinal)
  set(node + STATIC_KIND, kind)
  set(node + STATIC_THING, thing)
  set(node + STATIC_STATE, record === undefined ? OWNED : UNASKED)
  set(node + STATIC_SHARES, shares)
  const head = (module.at + MODULE_STATICS) >> 2
  for (;;) {
    const seen = Atomics.load(i32, head)
    set(node + NEXT, seen)
    // Passes the node to all threads. Afterwards only its state changes.
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
 * Whether the only owner of `thing` may drop it or give it away. False if another thread has found it, so that it must
 * be kept. True if it is no static.
 */
export function mayDropStatic(thing: number): boolean {
  const known = unasked.size === 0 ? undefined : unasked.get(thing)
  if (known === undefined) return true
  // RACE: a thread may ask for the object at this moment. One of the two exchanges fails.
  if (cas(known.node + STATIC_STATE, UNASKED, ENDED) !== UNASKED) return false
  unasked.delete(thing)
  return true
}

/** Leaves the main thread's share of `thing` to the table. */
export function keepStatic(thing: number): void {
  store(unasked.get(thing)!.node + STATIC_STATE, OWNED)
  unasked.delete(thing)
}

/** Whether a thread that evaluates some module would get this object. */
export function isStatic(thing: number): boolean {
  for (let module = load(STATICS_HEAD); module !== 0; module = get(module + NEXT)) {
    let node = load(module + MODULE_STATICS)
    for (; node !== 0; node = get(node + NEXT)) {
      if (get(node + STATIC_THING) !== thing) continue
      if (load(node + STATIC_STATE) !== ENDED) return true
    }
  }
  return false
}

/** Whether `record` is the main thread's record of a static that no other thread has found. */
export function isUnsharedStatic(thing: number, record: number): boolean {
  return unasked.size > 0 && unasked.get(thing)?.record === record
}

/**
 * Lets the only owner of `thing` change it until `endStaticChange`. False if another thread has found it. True if it is
 * no static.
 */
export function beginStaticChange(thing: number): boolean {
  const known = unasked.size === 0 ? undefined : unasked.get(thing)
  if (known === undefined) return true
  return cas(known.node + STATIC_STATE, UNASKED, IN_USE) === UNASKED
}

export function endStaticChange(thing: number): void {
  const known = unasked.size === 0 ? undefined : unasked.get(thing)
  if (known !== undefined) cas(known.node + STATIC_STATE, IN_USE, UNASKED)
}

const numberOfKey = (site: number, ordinal: number): number => site * MAX_OF_STATEMENT + ordinal

/** Returns the newest static with this key, or undefined. */
function nodeOf({ evaluation, site, ordinal }: StaticKey): number | undefined {
  const module = moduleOf(evaluation.module)
  const head = load(module.at + MODULE_STATICS)
  const newer = new Map<number, number>()
  for (let node = head; node !== module.seen; node = get(node + NEXT)) {
    const key = numberOfKey(get(node + STATIC_SITE), get(node + STATIC_ORDINAL))
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

/** Returns the address of the module's node, and adds one if there is none. */
function moduleAt(name: string): number {
  let added = 0
  for (let looked = 0; ;) {
    const head = load(STATICS_HEAD)
    for (let node = head; node !== looked; node = get(node + NEXT)) {
      if (loadText(get(node + MODULE_NAME)) === name) return node
    }
    looked = head
    if (added === 0) {
      added = allocate(MODULE_BYTES)
      set(added + MODULE_NAME, storeText(name))
      set(added + MODULE_STATICS, 0)
    }
    set(added + NEXT, head)
    // Passes the module's node to all threads.
    if (cas(STATICS_HEAD, head, added) === head) return added
  }
}

function otherKind(module: string): StaticError {
  return new StaticError(
    `${module} created another object here than in another thread, so the threads would share nothing. ` +
      'Create it in every evaluation, in the same order, or create it in the main thread and pass it.',
  )
}

function inUse(module: string): StaticError {
  return new StaticError(
    `An Arc that ${module} created was lent to \`Arc.getMut\` in the main thread. Release the ArcMut before a thread imports the module.`,
  )
}

/** The error for an object that a module creates in a thread where no other thread would find it. */
export function unseenStaticError(name: string, module: string | undefined): StaticError {
  return new StaticError(
    `${withFirstArticle(name)} was created while ${module ?? 'a module'} was evaluated in a thread, and the compiler had not seen the file in ` +
      'the main thread, so each thread would have its own. ' +
      'Run the program with `fearless run` or build it with the plugin, or create it in a function of the main thread and pass it.',
  )
}

export function tooManyStaticsError(name: string, module: string): StaticError {
  return new StaticError(
    `One statement of ${module} created more than ${MAX_OF_STATEMENT} shared objects, got another ${name}. ` +
      'Create them in the main thread and pass them, or share one ConcurrentMap.',
  )
}

/** The error for an object that only one thread may have, and that a module creates outside the main thread. */
export function ownedInModuleError(name: string, module: string | undefined, place: string): StaticError {
  return new StaticError(
    `${withFirstArticle(name)} was created at ${place} while ${module ?? 'a module'} was evaluated in a thread, so each thread would have its ` +
      'own. Create it in a function of the main thread and pass it, or keep it in a Mutex of the module.',
  )
}
