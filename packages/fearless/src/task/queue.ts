/** First in, first out, at the same cost however long it grows: `shift` of a long array moves all that is left. */
export class Queue<T> {
  #last: T[] = []
  /** The older half, oldest at the end. */
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
