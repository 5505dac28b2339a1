/**
 * The shared memory of the floor: words to wait on, and one ring of 32-byte slots per direction.
 *
 * After each word with a waiter is a flag that its only waiter sets before it sleeps. The notifier stores the word,
 * then reads the flag. The waiter sets the flag, then lets `Atomics.wait` compare the word. So either the notifier sees
 * the flag or the waiter sees the change. Only the waiter clears its flag.
 */
import type { Message, MessageKind } from '../messages.ts'

const SLOTS = 16_384
const SLOT = 32
export const DATA = 1_000_000
/** Loads before a waiter sleeps: about 40 us. */
const SPINS = 3000

//   words of a thread: each pair is (word, flag of its waiter), 64 bytes apart so that they do not share a cache line
export const ORDER = 0,
  DONE = 16,
  IN_TAIL = 32,
  IN_HEAD = 48,
  OUT_TAIL = 64,
  OUT_HEAD = 80,
  BALL = 96,
  OPCODE = 112
export const WORDS = 128
/** Words of both threads: the mutex, the counter behind it, and the next piece of work. */
export const LOCK = 2 * WORDS,
  COUNTER = LOCK + 16,
  CURSOR = LOCK + 32

export interface Memory {
  readonly words: SharedArrayBuffer
  /** In and out ring of thread 0, then of thread 1. */
  readonly rings: readonly SharedArrayBuffer[]
  /** Input of a parallel loop, then room for its output. */
  readonly data: SharedArrayBuffer
}

export function allocate(): Memory {
  return {
    words: new SharedArrayBuffer((LOCK + 64) * 4),
    rings: Array.from({ length: 4 }, () => new SharedArrayBuffer(SLOTS * SLOT)),
    data: new SharedArrayBuffer(2 * DATA * 8),
  }
}

export function change(words: Int32Array, word: number, value: number): void {
  Atomics.store(words, word, value)
  if (Atomics.load(words, word + 1) === 1) Atomics.notify(words, word)
}

/** Blocks while the word equals `seen`. */
export function block(words: Int32Array, word: number, seen: number): void {
  while (Atomics.load(words, word) === seen) {
    if (spin(words, word, seen)) return
    Atomics.store(words, word + 1, 1)
    Atomics.wait(words, word, seen)
    Atomics.store(words, word + 1, 0)
  }
}

/** Yields to main's event loop while the word equals `seen`. */
export async function yieldWhile(words: Int32Array, word: number, seen: number): Promise<void> {
  while (!spin(words, word, seen)) {
    Atomics.store(words, word + 1, 1)
    await Atomics.waitAsync(words, word, seen).value
    Atomics.store(words, word + 1, 0)
  }
}

function spin(words: Int32Array, word: number, seen: number): boolean {
  for (let i = 0; i < SPINS; i++) if (Atomics.load(words, word) !== seen) return true
  return false
}

/** One writer, one reader. Slots in [head, tail) belong to the reader, all others to the writer. */
export class Ring {
  readonly #words: Int32Array
  readonly #tailWord: number
  readonly #headWord: number
  readonly #f64: Float64Array
  readonly #bytes: Uint8Array
  #tail = 0
  #head = 0

  constructor(words: Int32Array, buffer: SharedArrayBuffer, tailWord: number, headWord: number) {
    this.#words = words
    this.#tailWord = tailWord
    this.#headWord = headWord
    this.#f64 = new Float64Array(buffer)
    this.#bytes = new Uint8Array(buffer)
    this.#tail = Atomics.load(words, tailWord)
    this.#head = Atomics.load(words, headWord)
  }

  push(kind: MessageKind, value: unknown): void {
    const at = this.#tail & (SLOTS - 1)
    if (this.#tail - this.#head === SLOTS) {
      block(this.#words, this.#headWord, this.#head)
      this.#head = Atomics.load(this.#words, this.#headWord)
    }
    if (kind === 'number') this.#f64[at * 4] = value as number
    else if (kind === 'string') this.#writeName(at * SLOT, value as string)
    else {
      const { id, name, x, ok } = value as Message
      this.#f64[at * 4] = id
      this.#f64[at * 4 + 1] = x
      this.#bytes[at * SLOT + 16] = ok ? 1 : 0
      this.#writeName(at * SLOT + 17, name)
    }
    // Passes the slot to the reader. Must come after the writes above.
    change(this.#words, this.#tailWord, ++this.#tail)
  }

  /** Whether a message is available. */
  ready(): boolean {
    return this.#head !== this.#tail || this.#head !== (this.#tail = Atomics.load(this.#words, this.#tailWord))
  }

  /** The number of the next message, which a waiter compares with the tail word. */
  get next(): number {
    return this.#head
  }

  /** Takes the message that `ready` has found. */
  take(kind: MessageKind): number | string | Message {
    const at = this.#head & (SLOTS - 1)
    let value: number | string | Message
    if (kind === 'number') value = this.#f64[at * 4]
    else if (kind === 'string') value = this.#readName(at * SLOT)
    else {
      const id = this.#f64[at * 4]
      const x = this.#f64[at * 4 + 1]
      value = { id, name: this.#readName(at * SLOT + 17), x, ok: this.#bytes[at * SLOT + 16] === 1 }
    }
    change(this.#words, this.#headWord, ++this.#head)
    return value
  }

  #writeName(at: number, name: string): void {
    this.#bytes[at] = name.length
    for (let i = 0; i < name.length; i++) this.#bytes[at + 1 + i] = name.charCodeAt(i)
  }

  #readName(at: number): string {
    let name = ''
    for (let i = 0; i < this.#bytes[at]; i++) name += String.fromCharCode(this.#bytes[at + 1 + i])
    return name
  }
}
