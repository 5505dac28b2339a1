/**
 * An interner for texts: a linked list in the shared heap that only grows and holds each text once, with a number.
 *
 *   +0   INTERNED_NEXT    the next node
 *   +4   INTERNED_NUMBER  number: the next node's number + 1
 *   +8   INTERNED_TEXT    address of the text
 *   +16  INTERNED_BYTES   end
 *
 * - A compare-exchange of the head publishes a node, which is never written again.
 * - A thread searches the list before it adds a text, because an earlier thread of any worker may have added it.
 */
import { get, set } from '../core/memory.ts'
import { allocate, i32, free, u16 } from './heap.ts'

export const INTERNED_NEXT = 0
const INTERNED_NUMBER = 4
export const INTERNED_TEXT = 8
const INTERNED_BYTES = 16

const CHUNK = 8192

export function storeText(text: string): number {
  const block = allocate(4 + text.length * 2)
  set(block, text.length)
  const start = (block + 4) >> 1
  for (let i = 0; i < text.length; i++) u16[start + i] = text.charCodeAt(i)
  return block
}

export function loadText(block: number): string {
  const length = get(block)
  const start = (block + 4) >> 1
  let text = ''
  for (let i = 0; i < length; i += CHUNK) {
    text += String.fromCharCode(...u16.subarray(start + i, start + Math.min(length, i + CHUNK)))
  }
  return text
}

export class TextInterner {
  readonly #head: number
  readonly #numbers = new Map<string, number>()
  readonly #texts = new Map<number, string>()
  /** The newest node that this thread has read. It knows that node and all older ones. */
  #seen = 0

  /** Uses the list whose newest node's address is in this word. */
  constructor(word: number) {
    this.#head = word >> 2
  }

  /** The number of texts that this thread knows. */
  get size(): number {
    return this.#texts.size
  }

  /** Returns the number of a text, or undefined if this thread does not know the text. */
  known(text: string): number | undefined {
    return this.#numbers.get(text)
  }

  /** Returns the number of a text, from 1 on, and adds the text if it is not in the list. Throws `HeapFullError`. */
  numberOf(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    let node = 0
    for (;;) {
      const newest = this.#readNewNodes()
      const found = this.#numbers.get(text)
      if (found !== undefined) {
        // Another thread has added the text first.
        if (node !== 0) freeTextNode(node)
        return found
      }
      if (node === 0) node = newTextNode(text)
      const number = newest === 0 ? 1 : get(newest + INTERNED_NUMBER) + 1
      set(node + INTERNED_NEXT, newest)
      set(node + INTERNED_NUMBER, number)
      if (Atomics.compareExchange(i32, this.#head, newest, node) !== newest) continue
      this.#seen = node
      this.#learn(number, text)
      return number
    }
  }

  /** Returns the text of a number that `numberOf` returned in any thread. */
  textOf(number: number): string | undefined {
    if (!this.#texts.has(number)) this.#readNewNodes()
    return this.#texts.get(number)
  }

  /** Reads the nodes that other threads have added since the last call. Returns the newest node. */
  #readNewNodes(): number {
    const newest = Atomics.load(i32, this.#head)
    for (let node = newest; node !== this.#seen; node = get(node + INTERNED_NEXT)) {
      this.#learn(get(node + INTERNED_NUMBER), loadText(get(node + INTERNED_TEXT)))
    }
    this.#seen = newest
    return newest
  }

  #learn(number: number, text: string): void {
    this.#numbers.set(text, number)
    this.#texts.set(number, text)
  }
}

/** @internal Allocates a node with a text. */
export function newTextNode(text: string): number {
  const node = allocate(INTERNED_BYTES)
  try {
    set(node + INTERNED_TEXT, storeText(text))
    return node
  } catch (error) {
    free(node)
    throw error
  }
}

/** @internal */
export function freeTextNode(node: number): void {
  free(get(node + INTERNED_TEXT))
  free(node)
}
