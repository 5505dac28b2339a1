/**
 * Converts offsets to lines and columns, both from 1. A column counts UTF-16 units, as editors and stacks do.
 *
 * Lines end where V8 ends them.
 */
export class Lines {
  readonly #text: string
  readonly #starts: number[] = [0]

  constructor(text: string) {
    this.#text = text
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (code > 0xd && code < 0x2028) continue
      if (code === 0xa || (code === 0xd && text.charCodeAt(at + 1) !== 0xa) || code === 0x2028 || code === 0x2029)
        this.#starts.push(at + 1)
    }
  }

  at(offset: number): { line: number; column: number } {
    let low = 0
    let high = this.#starts.length
    while (low + 1 < high) {
      const middle = (low + high) >> 1
      if (this.#starts[middle] <= offset) low = middle
      else high = middle
    }
    return { line: low + 1, column: offset - this.#starts[low] + 1 }
  }

  /** Returns a line without its line end. */
  text(line: number): string {
    return this.#text
      .slice(this.#starts[line - 1], this.#starts[line] ?? this.#text.length)
      .replace(/[\r\n\u2028\u2029]+$/, '')
  }
}
