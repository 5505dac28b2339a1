/**
 * What the compiler refuses, in words: a stable code, the place in the user's own text, and the way out.
 *
 * All refusals of a file are reported together, in the order of their places.
 */
import { fileURLToPath } from 'node:url'
import { Lines } from './lines.ts'

export type Code =
  | 'F0373'
  | 'FL1001'
  | 'FL1002'
  | 'FL1003'
  | 'FL1004'
  | 'FL1005'
  | 'FL1006'
  | 'FL1007'
  | 'FL1008'
  | 'FL1009'
  | 'FL1010'
  | 'FL1011'
  | 'FL2001'

export interface Span {
  start: number
  end: number
  label: string
}

export interface Refusal {
  code: Code
  message: string
  at: Span
  /** Another place that explains the first. */
  note?: Span
  help: string
}

export interface Diagnostic {
  code: Code
  message: string
  help: string
  file: string
  /** From 1. */
  line: number
  /** From 1, in UTF-16 units, as editors and stacks count. */
  column: number
}

/** Thrown by `transformFile`; `message` is the whole report. */
export class CompileError extends Error {
  readonly code: Code
  readonly diagnostics: readonly Diagnostic[]

  constructor(report: string, diagnostics: readonly Diagnostic[]) {
    super(report)
    this.name = 'CompileError'
    this.code = diagnostics[0].code
    this.diagnostics = diagnostics
    // Where in the compiler it was noticed helps nobody.
    this.stack = report
  }
}

export function compileError(url: string, text: string, refusals: readonly Refusal[]): CompileError {
  const file = url.startsWith('file:') ? fileURLToPath(url.replace(/[?#].*$/, '')) : url
  const lines = new Lines(text)
  const sorted = [...refusals].sort((a, b) => a.at.start - b.at.start)
  const diagnostics = sorted.map(({ code, message, help, at }) => ({
    code,
    message,
    help,
    file,
    ...lines.at(at.start),
  }))
  return new CompileError(sorted.map(refusal => report(file, lines, refusal)).join('\n\n'), diagnostics)
}

function report(file: string, lines: Lines, { code, message, at, help, ...rest }: Refusal): string {
  const note = rest.note?.start === at.start ? undefined : rest.note
  const { line, column } = lines.at(at.start)
  const width = String(Math.max(line, note ? lines.at(note.start).line : 0)).length
  const gutter = ' '.repeat(width)
  const frame = (span: Span, mark: string): string => {
    const place = lines.at(span.start)
    const source = lines.text(place.line)
    const length = Math.max(1, Math.min(span.end - span.start, source.length - place.column + 1))
    const indent = source.slice(0, place.column - 1).replace(/[^\t]/g, ' ')
    return `${String(place.line).padStart(width)} | ${source}\n${gutter} | ${indent}${mark.repeat(length)} ${span.label}`
  }
  return [
    `error[${code}]: ${message}`,
    `${gutter}--> ${file}:${line}:${column}`,
    `${gutter} |`,
    frame(at, '^'),
    ...(note ? [`${gutter} |`, frame(note, '-')] : []),
    `${gutter} |`,
    `${gutter} = help: ${help}`,
  ].join('\n')
}
