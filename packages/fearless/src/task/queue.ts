/**
 * A FIFO queue in two arrays: `push` and `shift` cost a constant, amortised. An array's own `shift` moves all of its
 * items.
 */
export class Queue<T> {
  #last: T[] = []
  /** The older items, the oldest at the end. */
  #first: T[] = []

  push(item: T): void {
    this.#last.push(item)
  }
  shift(): T | undefined {
    if (this.#first.length === 0) {
      if (this.#last.length === 0) return undefined
      this.#first = this.#last.reverse()
      this.#last = []
    }
    return this.#first.pop()
  }
  get length(): number {
    return this.#first.length + this.#last.length
  }
}
