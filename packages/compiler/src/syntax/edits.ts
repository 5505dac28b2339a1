/**
 * Edits of a text, kept apart from it, so that they apply to the rewritten file and to every module extracted from it.
 *
 * No edit removes a line break, and none adds one except behind the last line. So lines never move. Edits do not
 * overlap. Edits at the same position apply in the order in which they were added.
 */

export interface Edit {
  start: number
  /** Equal to `start` for an insertion. */
  end: number
  text: string
  /** The function that the new text calls. Each module that contains this edit must import it. */
  needs?:
    | 'spawn'
    | 'using'
    | 'use'
    | 'place'
    | 'view'
    | 'seen'
    | 'kept'
    | 'static'
    | 'clone'
    | 'compiled'
    | 'added'
    | 'disposed'
  /** The module variable that the new text assigns to. */
  variable?: string
}

export class Edits {
  readonly #edits: Edit[] = []
  #sorted = true

  insert(at: number, text: string, needs?: Edit['needs']): void {
    this.#add({ start: at, end: at, text, ...(needs && { needs }) })
  }

  /** Inserts a text that keeps a value in a variable of the module. */
  insertLocation(at: number, text: string, variable: string): void {
    this.#add({ start: at, end: at, text, needs: 'place', variable })
  }

  replace(start: number, end: number, text: string, needs?: Edit['needs']): void {
    if (end > start) this.#add({ start, end, text, ...(needs && { needs }) })
  }

  /** Removes a piece of text, and keeps the position of all text behind it. */
  blank(source: string, start: number, end: number, first = ''): void {
    if (end > start) this.#add({ start, end, text: first + blanks(source, start + first.length, end) })
  }

  get all(): readonly Edit[] {
    if (!this.#sorted) {
      this.#edits.sort((a, b) => a.start - b.start || a.end - b.end)
      this.#sorted = true
    }
    return this.#edits
  }

  /** Returns the edits inside a piece. An insertion at its edge belongs to the surrounding text. */
  within(start: number, end: number): Edit[] {
    const { all } = this
    let low = 0
    let high = all.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (all[middle].start < start) low = middle + 1
      else high = middle
    }
    const found: Edit[] = []
    for (let i = low; i < all.length && all[i].start < end; i++) {
      const edit = all[i]
      if (edit.end <= end && (edit.end > edit.start || edit.start > start)) found.push(edit)
    }
    return found
  }

  #add(edit: Edit): void {
    this.#edits.push(edit)
    this.#sorted = false
  }
}

function blanks(source: string, start: number, end: number): string {
  return source.slice(start, end).replace(/[^\r\n\u2028\u2029]/g, ' ')
}

export function applyEdits(source: string, start: number, end: number, edits: readonly Edit[]): string {
  let text = ''
  let at = start
  for (const edit of edits) {
    text += source.slice(at, edit.start) + edit.text
    at = edit.end
  }
  return text + source.slice(at, end)
}
