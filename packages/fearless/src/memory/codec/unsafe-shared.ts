/**
 * Raw shared memory in messages, by an explicit mark: a SharedArrayBuffer, a view of one, or a shared WebAssembly.Memory.
 *
 * - Such memory has no bytes that a message could copy. The message holds a number, and the supervisor keeps the object
 *   of that number for the rest of the process, because no thread knows when the last message with it is read.
 * - The sender posts the object before it publishes the message. A receiver that does not know the number asks the
 *   supervisor, which answers once the object has arrived, and blocks until then. The supervisor never blocks.
 * - Each thread remembers the objects that it has sent or received, so a further message costs no question.
 */
import { add } from '../../core/memory.ts'
import { NEXT_RAW_MEMORY } from '../../core/layout.ts'
import { describe } from '../../describe.ts'
import type { Crossing, crossing } from '../../send.ts'
import { classKind, registerClassCodec } from './handle-codec.ts'
import { registerKind } from './write.ts'

/** Raw shared memory that a program sends on its own responsibility, from `unsafeShared`. */
export class UnsafeShared<T extends object> {
  declare readonly [crossing]: Crossing<'UnsafeShared', 'always', 'always', T>

  /** The object: in each thread another one, of the same memory. */
  readonly value: T

  /** @internal */
  constructor(value: T) {
    this.value = value
  }
}

/** The exchange of objects through the supervisor. Replaced by the modules that know it. */
export const rawMemory = {
  keep(_number: number, _object: object): void {},
  take(_number: number): object {
    throw new TypeError('No thread has sent this object. Send it first.')
  },
}

/**
 * Marks raw shared memory, so that it can be sent and captured. No wall of the library protects it.
 *
 * ```ts
 * const shared = unsafeShared(new Int32Array(new SharedArrayBuffer(4)))
 * await thread.spawn(move(() => void Atomics.add(shared.value, 0, 7)))
 * shared.value[0] // => 7
 * ```
 *
 * Takes a SharedArrayBuffer, a view of one or a shared `WebAssembly.Memory`; throws `TypeError` for any other value. The
 * mark stays usable in the sender. The first use of a mark in a thread blocks for about 0.1 ms. The memory is kept until
 * the process ends. Not available in browsers, where a page must not block: it throws `EnvironmentError` when it is sent.
 */
export function unsafeShared<T extends object>(value: T): UnsafeShared<T> {
  if (memoryOf(value) === undefined) {
    throw new TypeError(
      `\`unsafeShared\` expects a SharedArrayBuffer, a view of one or a shared WebAssembly.Memory, got ${describe(value)}. ` +
        'Use a lock, an atomic or a vec for any other value.',
    )
  }
  return new UnsafeShared(value)
}

/** Returns the object that is posted for a value: the memory itself, or that of a view. */
function memoryOf(value: object): object | undefined {
  if (typeof SharedArrayBuffer === 'undefined') return undefined
  if (value instanceof SharedArrayBuffer) return value
  if (ArrayBuffer.isView(value)) return value.buffer instanceof SharedArrayBuffer ? value.buffer : undefined
  return value instanceof WebAssembly.Memory && (value.buffer as object) instanceof SharedArrayBuffer
    ? value
    : undefined
}

/** The numbers of the objects that this thread has sent or received. */
const numbers = new WeakMap<object, number>()
/** The same objects by number. */
const objects = new Map<number, WeakRef<object>>()

function numberOf(memory: object): number {
  let number = numbers.get(memory)
  if (number === undefined) {
    number = add(NEXT_RAW_MEMORY, 1)
    rawMemory.keep(number, memory)
    remember(number, memory)
  }
  return number
}

function remember(number: number, memory: object): void {
  numbers.set(memory, number)
  objects.set(number, new WeakRef(memory))
}

function objectOf(number: number): object {
  let memory = objects.get(number)?.deref()
  if (memory === undefined) {
    memory = rawMemory.take(number)
    remember(number, memory)
  }
  return memory
}

/** The number of the memory, and for a view its class, its offset and its length. */
type Parts = readonly [number: number] | readonly [number: number, view: string, offset: number, length: number]

type View = (Int32Array | DataView) & { readonly length?: number }
type ViewConstructor = new (buffer: object, offset: number, length: number) => object

const NAME = "the library's UnsafeShared"
const codec = {
  write({ value }: UnsafeShared<object>): Parts {
    const number = numberOf(memoryOf(value)!)
    if (!ArrayBuffer.isView(value)) return [number]
    const view = value as View
    return [number, view[Symbol.toStringTag], view.byteOffset, view.length ?? view.byteLength]
  },
  read(plain: unknown): UnsafeShared<object> {
    const [number, view, offset, length] = plain as Parts
    const memory = objectOf(number)
    if (view === undefined) return new UnsafeShared(memory)
    const constructor = (globalThis as unknown as Record<string, ViewConstructor>)[view]
    return new UnsafeShared(new constructor(memory, offset!, length!))
  },
}
registerClassCodec(NAME, codec as never)
// The mark stays usable, because all threads use the same memory.
registerKind(UnsafeShared.prototype, { ...classKind(NAME, codec as never), empty: () => false })
