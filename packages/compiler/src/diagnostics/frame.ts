/**
 * Formats a diagnostic: the message, the source lines with the marked positions, the reason, and the repair.
 *
 *   error[F0382]: use of moved value: `data`
 *     --> app.ts:4:13
 *      |
 *    2 | const data = [1, 2, 3]
 *      |       ---- move occurs because `data` has type `number[]`, which is not copied
 *    3 | thread.spawn(move(() => data.length))
 *      |              ----       ---- variable moved due to use in closure
 *      |              |
 *      |              value moved into closure here
 *    4 | console.log(data)
 *      |             ^^^^ value used here after move
 *      |
 *      = help: ...
 */
import type { Lines } from '../syntax/lines.ts'
import { eastAsianWidth } from 'get-east-asian-width'

const JOINER = '\u200d'
/** Combining marks, direction marks and skin tones, which change the character before them. */
const INVISIBLE = /^[\p{Mn}\p{Me}\p{Cf}\u{1f3fb}-\u{1f3ff}]$/u

export function columnsOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let columns = 0
  let joined = false
  for (const character of text) {
    if (!joined && !INVISIBLE.test(character)) columns += eastAsianWidth(character.codePointAt(0)!)
    // A family is one emoji of several joined ones.
    joined = character === JOINER
  }
  return columns
}

export type Severity = 'error' | 'warning'

export interface Span {
  readonly start: number
  readonly end: number
}

export interface Label extends Span {
  readonly label: string
  /** Present if it is another file than the diagnostic's. */
  readonly file?: string
}

export interface Framed {
  readonly code: string
  readonly severity: Severity
  readonly file: string
  readonly message: string
  /** The primary position. */
  readonly at: Label
  /** The positions that explain it. */
  readonly also: readonly Label[]
  readonly notes: readonly string[]
  readonly help?: { readonly text: string }
}

export interface Colours {
  error(text: string): string
  warning(text: string): string
  note(text: string): string
  help(text: string): string
  strong(text: string): string
}

const same = (text: string): string => text
export const PLAIN: Colours = { error: same, warning: same, note: same, help: same, strong: same }

/** A source file for frames: its text, and its path as it is shown. */
export interface Source {
  readonly lines: Lines
  readonly shown: string
}

interface Mark extends Label {
  readonly primary: boolean
}

const TAB = '    '

export function formatFrame(diagnostic: Framed, sourceOf: (file: string) => Source, paint: Colours = PLAIN): string {
  const { code, severity, message, at, also, notes, help, file } = diagnostic
  const colour = paint[severity]
  const marks: Mark[] = [{ ...at, primary: true }, ...also.map(label => ({ ...label, primary: false }))]
  const files = [...new Set(marks.map(mark => mark.file ?? file))]
  const sources = new Map(files.map(path => [path, sourceOf(path)]))
  const last = Math.max(
    ...marks.map(mark => {
      const { lines } = sources.get(mark.file ?? file)!
      return lines.at(Math.max(mark.start, mark.end - 1)).line
    }),
  )
  const width = String(last).length
  const bar = paint.note(`${' '.repeat(width)} |`)
  const out = [`${colour(`${severity}[${code}]`)}${paint.strong(`: ${message}`)}`]
  for (const [index, path] of files.entries()) {
    const source = sources.get(path)!
    const own = marks.filter(mark => (mark.file ?? file) === path)
    const place = source.lines.at(own[0].start)
    const arrow = index === 0 ? '-->' : ':::'
    out.push(`${' '.repeat(width)}${paint.note(arrow)} ${source.shown}:${place.line}:${place.column}`, bar)
    out.push(...linesOf(own, source.lines, width, severity, paint))
    out.push(bar)
  }
  for (const note of notes) out.push(extra(width, 'note', note, paint))
  if (help !== undefined) out.push(extra(width, 'help', help.text, paint))
  if (notes.length === 0 && help === undefined) out.pop()
  return out.join('\n')
}

function extra(width: number, kind: 'note' | 'help', text: string, paint: Colours): string {
  const indent = `\n${' '.repeat(width + 3 + kind.length + 2)}`
  return `${' '.repeat(width)} ${paint.note('=')} ${paint[kind](`${kind}:`)} ${text.replaceAll('\n', indent)}`
}

function linesOf(marks: readonly Mark[], lines: Lines, width: number, severity: Severity, paint: Colours): string[] {
  const rows = new Map<number, Mark[]>()
  for (const mark of marks) {
    const { line } = lines.at(mark.start)
    rows.set(line, [...(rows.get(line) ?? []), mark])
  }
  const out: string[] = []
  let before: number | undefined
  for (const line of [...rows.keys()].sort((a, b) => a - b)) {
    if (before !== undefined && line > before + 2) out.push(paint.note('...'))
    else if (before !== undefined && line === before + 2) out.push(sourceLine(lines, line - 1, width, paint))
    before = line
    out.push(sourceLine(lines, line, width, paint))
    for (const text of marksOf(rows.get(line)!, lines, line, severity, paint))
      out.push(`${paint.note(`${' '.repeat(width)} |`)} ${text}`)
  }
  return out
}

function sourceLine(lines: Lines, line: number, width: number, paint: Colours): string {
  const text = lines.text(line).replaceAll('\t', TAB)
  return `${paint.note(`${String(line).padStart(width)} |`)}${text === '' ? '' : ` ${text}`}`
}

interface Placed {
  readonly from: number
  readonly to: number
  readonly text: string
  readonly paint: (text: string) => string
  readonly sign: string
}

/** Returns the marks under one line: all in one row, the last label beside it, the others below, from right to left. */
function marksOf(marks: readonly Mark[], lines: Lines, line: number, severity: Severity, paint: Colours): string[] {
  const source = lines.text(line)
  const shownColumn = (column: number): number => columnsOf(source.slice(0, column).replaceAll('\t', TAB))
  const placed: Placed[] = marks
    .map(mark => {
      const from = lines.at(mark.start).column - 1
      const length = Math.max(1, Math.min(mark.end - mark.start, source.length - from))
      return {
        from: shownColumn(from),
        to: shownColumn(from + length),
        text: mark.label,
        paint: mark.primary ? paint[severity] : paint.note,
        sign: mark.primary ? '^' : '-',
      }
    })
    .sort((a, b) => a.from - b.from || b.to - a.to)
  const row = new Row()
  for (const { from, to, sign, paint } of placed.toSorted(
    (a, b) => (a.sign === '^' ? 1 : 0) - (b.sign === '^' ? 1 : 0),
  ))
    for (let at = from; at < to; at++) row.put(at, sign, paint)
  const last = placed.at(-1)!
  const out = [`${row.text()}${last.text === '' ? '' : ` ${last.paint(last.text)}`}`]
  const hanging = placed.slice(0, -1).filter(({ text }) => text !== '')
  for (let at = hanging.length - 1; at >= 0; at--) {
    const bars = new Row()
    for (const { from, paint } of hanging.slice(0, at + 1)) bars.put(from, '|', paint)
    if (at === hanging.length - 1) out.push(bars.text())
    const labels = new Row()
    for (const { from, paint } of hanging.slice(0, at)) labels.put(from, '|', paint)
    const { from, text, paint } = hanging[at]
    out.push(`${labels.text()}${labels.gap(from)}${paint(text)}`)
  }
  return out
}

/** One row of characters, each with its own colour. */
class Row {
  readonly #signs: { sign: string; paint: (text: string) => string }[] = []

  put(at: number, sign: string, paint: (text: string) => string): void {
    this.#signs[at] = { sign, paint }
  }

  text(): string {
    let out = ''
    for (let at = 0; at < this.#signs.length;) {
      const here = this.#signs[at]
      let end = at + 1
      while (
        end < this.#signs.length &&
        this.#signs[end]?.paint === here?.paint &&
        this.#signs[end]?.sign === here?.sign
      )
        end++
      out += here ? here.paint(here.sign.repeat(end - at)) : ' '.repeat(end - at)
      at = end
    }
    return out
  }

  /** Returns the spaces from the end of the row to a column. */
  gap(column: number): string {
    return ' '.repeat(Math.max(0, column - this.#signs.length))
  }
}
