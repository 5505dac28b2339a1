/**
 * Library handles and registered classes: what keeps its class across threads.
 *
 * A handle in a message is two words that own what they name. They are made by `prepare` while the message is written;
 * then exactly one of these ends them: `give` and `read` on the other side, `give` and `drop` when nobody reads, `give`
 * and `takeBack` when it was only lent, or `undo`.
 */
import { NotSendError } from '../../errors.ts'
import { i32 } from '../heap.ts'
import * as is from './format.ts'
import type { Mode } from './format.ts'
import { mode, onMove, put, putHandle, registerKind, write, writeInstance } from './write.ts'
import { removeProperties } from './moved.ts'
import { read, readWord, registerReader, skip } from './read.ts'

/** How the handles of one class cross a thread. */
export interface HandleKind<H extends object> {
  /** Checks that the handle may go (else throws MovedError) and makes two words that own what the receiver gets. */
  prepare(handle: H, mode: Mode): readonly [number, number]
  /** The message was handed over: a moved handle becomes a tombstone. Never throws. */
  give(handle: H, mode: Mode, a: number): void
  /** The message was not handed over: takes back what `prepare` did. Never throws. */
  undo(handle: H, a: number, b: number, mode: Mode): void
  /** The message was handed over, and comes back unread: the handle is the sender's again. Never throws. */
  takeBack(handle: H, a: number, b: number, mode: Mode): void
  /** A new handle from the two words, which it owns from now on. */
  read(a: number, b: number): H
  /** Another handle beside the one that the two words own; absent where a thing has one owner. */
  peek?(a: number, b: number): H
  /** Whether nobody sees when such another one ends: a message may then be read again and again. */
  readonly endsUnseen?: boolean
  /** Whether no thread observes it if the two words end unread; each end is observed if absent. */
  isUnobservable?(a: number, b: number): boolean
  /** The two words are this thread's, who will `drop` them: whoever buries it ends them if it dies before. Never throws. */
  own(a: number, b: number): void
  /** Ends the two words: nobody will read them. Never throws. */
  drop(a: number, b: number): void
}

const handles: HandleKind<object>[] = []

/** Makes the instances of a class cross threads as handles. `kind` names the class in messages, and is below 2^24. */
export function registerHandleKind<H extends object>(
  kind: number,
  constructor: { readonly prototype: H },
  implementation: HandleKind<H>,
): void {
  const of = implementation as unknown as HandleKind<object>
  handles[kind] = of
  registerKind(constructor.prototype, {
    later: 0,
    write(handle) {
      const how = mode
      const [a, b] = of.prepare(handle, how)
      onMove({
        undo: () => of.undo(handle, a, b, how),
        lend: () => of.give(handle, how, a),
        settle() {},
        takeBack: () => of.takeBack(handle, a, b, how),
      })
      putHandle(kind, a, b)
    },
  })
}

/** Whether what is read now stays owned by its message. */
let peeking = false

registerReader(is.HANDLE, {
  make(kind) {
    const a = readWord(0)
    const b = readWord(1)
    skip(1)
    return peeking ? handles[kind].peek!(a, b) : handles[kind].read(a, b)
  },
})

/** Runs `read`, in which handles are copied if their message `keeps` its own, and taken over if not. */
export function readHandles<T>(keeps: boolean, read: () => T): T {
  const outer = peeking
  peeking = keeps
  try {
    return read()
  } finally {
    peeking = outer
  }
}

/** Whether the message at `address` owns handles, which somebody has to read or drop. */
export function hasHandles(address: number): boolean {
  return (i32[address >> 2] & is.HANDLES) !== 0
}

/** Takes over the handles of a message that nobody will read: they are this thread's until it drops them. */
export function ownHandles(address: number, length: number): void {
  eachHandle(address, length, 0, (kind, at) => handles[kind].own(i32[at + 2], i32[at + 3]))
}

/** Drops the handles of a message that nobody will read, from unit `from` on. */
export function dropHandles(address: number, length: number, from: number): void {
  eachHandle(address, length, from, (kind, at) => handles[kind].drop(i32[at + 2], i32[at + 3]))
}

/** Whether the message can be read more than once: all handles in it can be had by several readers. */
export function mayPeek(address: number, length: number): boolean {
  let may = true
  if (hasHandles(address)) eachHandle(address, length, 0, kind => (may &&= handles[kind].endsUnseen === true))
  return may
}

/** Whether no thread observes it if the message ends unread. */
export function messageEndsUnseen(address: number, length: number): boolean {
  let unseen = true
  if (hasHandles(address)) {
    eachHandle(
      address,
      length,
      0,
      (kind, at) => (unseen &&= handles[kind].isUnobservable?.(i32[at + 2], i32[at + 3]) === true),
    )
  }
  return unseen
}

/** Calls `f` with the kind and the word index of each handle of a message from unit `from` on, the last one first. */
function eachHandle(address: number, length: number, from: number, f: (kind: number, at: number) => void): void {
  let offset = i32[((address + length) >> 2) - 1] - 1
  while (offset >= from) {
    const at = (address >> 2) + offset * 2
    f(i32[at] >>> is.DETAIL, at)
    offset = i32[at + 1] - 1
  }
}

/** How the instances of a class become plain data and come back. */
export interface ClassKind<T extends object> {
  write(instance: T): unknown
  read(plain: unknown): T
}

const classes = new Map<string, ClassKind<object>>()

/** Makes the instances of a class keep their prototype. Each thread that reads them has to register it too. */
export function registerClass<T extends object>(
  name: string,
  constructor: { readonly prototype: T },
  implementation: ClassKind<T>,
): void {
  const of = implementation as unknown as ClassKind<object>
  classes.set(name, of)
  registerKind(constructor.prototype, {
    later: 0,
    write(instance) {
      put(is.CLASS, 0, 0)
      write(name)
      writeInstance(() => of.write(instance))
    },
    empty: removeProperties,
  })
}

registerReader(is.CLASS, {
  make() {
    const name = read() as string
    const of = classes.get(name)
    const plain = read()
    if (of !== undefined) return of.read(plain)
    throw new NotSendError(
      `${name} is not registered in this thread. Import the module that registers it before it is received.`,
    )
  },
})
