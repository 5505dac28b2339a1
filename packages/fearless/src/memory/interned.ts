/**
 * Texts that all threads share by number: a list in the heap that only grows, in which each text stands once, whichever thread came
 * first. Workers come and go, so a thread looks for a text before it adds one.
 *
 *   node   +0 next, +4 number (one more than the next one's), +8 the text
 *
 * A node is published by one compare-exchange of the head, and never written again.
 */
import { allocate, i32, release } from './heap.ts'
import { loadText, storeText } from './text.ts'

export class Interned {
  readonly #head: number
  readonly #numbers = new Map<string, number>()
  readonly #texts = new Map<number, string>()
  /** The newest node when this thread last looked: it knows that one, and all before. */
  #seen = 0

  /** The list whose newest node's address is in this word. */
  constructor(word: number) {
    this.#head = word >> 2
  }

  /** How many texts this thread knows. */
  get size(): number {
    return this.#texts.size
  }

  /** The number of a text, if this thread knows it. */
  known(text: string): number | undefined {
    return this.#numbers.get(text)
  }

  /** The number of a text, from 1 on; it gets one if it has none. Throws `HeapFullError`. */
  numberOf(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    let node = 0
    for (;;) {
      const newest = this.#readNews()
      const found = this.#numbers.get(text)
      if (found !== undefined) {
        // Another thread was faster.
        if (node !== 0) freeNode(node)
        return found
      }
      if (node === 0) node = newNode(text)
      const number = newest === 0 ? 1 : i32[(newest + 4) >> 2] + 1
      i32[node >> 2] = newest
      i32[(node + 4) >> 2] = number
      if (Atomics.compareExchange(i32, this.#head, newest, node) !== newest) continue
      this.#seen = node
      this.#learn(number, text)
      return number
    }
  }

  /** The text of a number that `numberOf` of some thread has given. */
  textOf(number: number): string | undefined {
    if (!this.#texts.has(number)) this.#readNews()
    return this.#texts.get(number)
  }

  /** Reads what other threads have added since; returns the newest node. */
  #readNews(): number {
    const newest = Atomics.load(i32, this.#head)
    for (let node = newest; node !== this.#seen; node = i32[node >> 2]) {
      this.#learn(i32[(node + 4) >> 2], loadText(i32[(node + 8) >> 2]))
    }
    this.#seen = newest
    return newest
  }

  #learn(number: number, text: string): void {
    this.#numbers.set(text, number)
    this.#texts.set(number, text)
  }
}

/** @internal A node of a list, with a text at +8. */
export function newNode(text: string): number {
  const node = allocate(16)
  try {
    i32[(node + 8) >> 2] = storeText(text)
    return node
  } catch (error) {
    release(node)
    throw error
  }
}

/** @internal */
export function freeNode(node: number): void {
  release(i32[(node + 8) >> 2])
  release(node)
}
