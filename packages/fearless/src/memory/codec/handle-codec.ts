/**
 * Codec of library handles and of registered classes.
 *
 * In a message a handle is two words that own an object. `prepare` makes them while the message is written. Then
 * exactly one of these sequences ends their ownership:
 *
 * - `give`, then `read` in the receiver
 * - `give`, then `drop`, if no thread reads the message
 * - `give`, then `takeBack`, if the message was lent and comes back
 * - `undo`
 */
import { get } from '../../core/memory.ts'
import { NotSendError } from '../../errors.ts'
import { i32 } from '../heap.ts'
import * as is from './format.ts'
import type { Mode } from './format.ts'
import { mode, recordMove, put, putHandle, registerKind, write, writeInstance, type Kind } from './write.ts'
import { removeProperties } from './moved.ts'
import { read, readWord, registerReader, skip } from './read.ts'

/** The codec of one class of handles. */
export interface HandleCodec<H extends object> {
  /** Makes two words that own the receiver's share. Throws MovedError if the handle was moved before. */
  prepare(handle: H, mode: Mode): readonly [number, number]
  /** Called when the message was transferred: a moved handle becomes unusable. Never throws. */
  give(handle: H, mode: Mode, a: number): void
  /** Called when the message was not transferred: reverts `prepare`. Never throws. */
  undo(handle: H, a: number, b: number, mode: Mode): void
  /** Called when a transferred message comes back unread: the sender owns the handle again. Never throws. */
  takeBack(handle: H, a: number, b: number, mode: Mode): void
  /** Makes a new handle, which takes over the two words. */
  read(a: number, b: number): H
  /** Makes another handle and leaves the two words with the message. Absent where an object can have one owner only. */
  peek?(a: number, b: number): H
  /** Whether no thread observes the drop of such another handle. A message may then be read any number of times. */
  readonly endsUnseen?: boolean
  /** Whether no thread observes the drop of the two words. Every drop is observed if absent. */
  isUnobservable?(a: number, b: number): boolean
  /** Makes this thread the owner of the two words before it drops them. If it dies, its reaper does. Never throws. */
  own(a: number, b: number): void
  /** Drops the two words, because no thread will read them. Never throws. */
  drop(a: number, b: number): void
}

const handles: HandleCodec<object>[] = []

/** Registers a class of handles. `kind` identifies the class in messages, and is below 2^24. */
export function registerHandleCodec<H extends object>(
  kind: number,
  constructor: { readonly prototype: H },
  implementation: HandleCodec<H>,
): void {
  const of = implementation as unknown as HandleCodec<object>
  handles[kind] = of
  registerKind(constructor.prototype, {
    later: 0,
    write(handle) {
      const how = mode
      const [a, b] = of.prepare(handle, how)
      recordMove({
        undo: () => of.undo(handle, a, b, how),
        lend: () => of.give(handle, how, a),
        settle() {},
        takeBack: () => of.takeBack(handle, a, b, how),
      })
      putHandle(kind, a, b)
    },
  })
}

/** Whether the message that is being read keeps its handles. */
let peeking = false

registerReader(is.HANDLE, {
  make(kind) {
    const a = readWord(0)
    const b = readWord(1)
    skip(1)
    return peeking ? handles[kind].peek!(a, b) : handles[kind].read(a, b)
  },
})

/** Runs `read`, which copies the handles of its message if it `keeps` them, and takes them over otherwise. */
export function readHandles<T>(keeps: boolean, read: () => T): T {
  const outer = peeking
  peeking = keeps
  try {
    return read()
  } finally {
    peeking = outer
  }
}

/** Whether the message at `address` owns handles, which a thread must read or drop. */
export function hasHandles(address: number): boolean {
  return (get(address) & is.HANDLES) !== 0
}

/** Takes over the handles of a message that no thread will read. This thread owns them until it drops them. */
export function adoptMessageHandles(address: number, length: number): void {
  eachHandle(address, length, 0, (kind, at) => handles[kind].own(i32[at + 2], i32[at + 3]))
}

/** Drops the handles of a message that no thread will read, from unit `from` on. */
export function dropMessageHandles(address: number, length: number, from: number): void {
  eachHandle(address, length, from, (kind, at) => handles[kind].drop(i32[at + 2], i32[at + 3]))
}

/** Whether the message can be read more than once, because several readers may have each handle in it. */
export function isRepeatable(address: number, length: number): boolean {
  let may = true
  if (hasHandles(address)) eachHandle(address, length, 0, kind => (may &&= handles[kind].endsUnseen === true))
  return may
}

/** Whether no thread observes the drop of the message. */
export function dropsUnobserved(address: number, length: number): boolean {
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

/** Converts the instances of a class to plain data and back. */
export interface ClassCodec<T extends object> {
  write(instance: T): unknown
  read(plain: unknown): T
}

const classes = new Map<string, ClassCodec<object>>()

/** Registers a class, so that its instances keep their prototype. Each thread that reads them must register it too. */
export function registerClass<T extends object>(
  name: string,
  constructor: { readonly prototype: T },
  implementation: ClassCodec<T>,
): void {
  const of = implementation as unknown as ClassCodec<object>
  registerClassCodec(name, of)
  registerKind(constructor.prototype, classKind(name, of))
}

/** Registers the conversion of a class for the reader of messages. */
export function registerClassCodec(name: string, of: ClassCodec<object>): void {
  classes.set(name, of)
}

/** Returns the kind that writes instances of a class, whose codec must be registered under the name. */
export function classKind(name: string, of: ClassCodec<object>): Kind {
  return {
    later: 0,
    write(instance) {
      put(is.CLASS, 0, 0)
      write(name)
      writeInstance(() => of.write(instance))
    },
    empty: removeProperties,
  }
}

registerReader(is.CLASS, {
  make() {
    const name = read() as string
    const of = classes.get(name)
    const plain = read()
    if (of !== undefined) return of.read(plain)
    throw new NotSendError(
      `${name} was not registered in this thread. Import the module that registers it before you receive an instance.`,
    )
  },
})
