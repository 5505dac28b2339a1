/**
 * Applies safe fixes: fixes that remove a finding and have no other effect.
 *
 * Of two overlapping fixes the first is applied. The next round finds the second one again and applies it then. Two
 * equal insertions at one offset (an import that two fixes need) are applied once.
 */
import { writeFileSync } from 'node:fs'
import type { Diagnostic, Edit } from './report/diagnostic.ts'

export interface Fixed {
  /** The new texts of the files that change. */
  readonly texts: ReadonlyMap<string, string>
  readonly count: number
}

export function fixed(found: readonly Diagnostic[], textOf: (file: string) => string): Fixed {
  const edits = new Map<string, Edit[]>()
  let count = 0
  for (const { file, help } of found) {
    if (!help?.safe || help.edits === undefined) continue
    const own = edits.get(file) ?? []
    const fresh = help.edits.filter(edit => !own.some(other => isSame(edit, other)))
    if (fresh.length === 0 || fresh.some(edit => own.some(other => touches(edit, other)))) continue
    edits.set(file, [...own, ...fresh])
    count++
  }
  const texts = new Map([...edits].map(([file, own]) => [file, applied(textOf(file), own)]))
  return { texts, count }
}

export function write({ texts }: Fixed): void {
  for (const [file, text] of texts) writeFileSync(file, text)
}

function applied(text: string, edits: readonly Edit[]): string {
  let out = ''
  let last = 0
  for (const { start, end, text: replacement } of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    out += text.slice(last, start) + replacement
    last = end
  }
  return out + text.slice(last)
}

const isSame = (a: Edit, b: Edit): boolean => a.start === b.start && a.end === b.end && a.text === b.text
const touches = (a: Edit, b: Edit): boolean => a.start <= b.end && b.start <= a.end
