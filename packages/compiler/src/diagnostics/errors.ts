/**
 * The diagnostics of the compiler: a stable code, the position in the user's text, and the repair.
 *
 * All refusals of a file are reported together, in the order of their positions.
 */
import { fileURLToPath } from 'node:url'
import { formatFrame, type Label } from './frame.ts'
import { Lines } from '../syntax/lines.ts'

export type Code =
  | 'F0373'
  | 'F0594'
  | 'F1006'
  | 'F1007'
  | 'F1009'
  | 'FL1002'
  | 'FL1006'
  | 'FL1007'
  | 'FL1008'
  | 'FL1009'
  | 'FL1010'
  | 'FL1011'
  | 'FL1012'
  | 'FL2001'

export interface Refusal {
  code: Code
  message: string
  at: Label
  /** Other positions that explain the first. */
  also: readonly Label[]
  notes?: readonly string[]
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
  declare readonly name: 'CompileError'
  readonly code: Code
  declare readonly diagnostics: readonly Diagnostic[]

  constructor(report: string, diagnostics: readonly Diagnostic[]) {
    super(report)
    const [{ code, file, line, column }] = diagnostics
    this.code = code
    // Not enumerable, because the report already contains them.
    Object.defineProperties(this, { name: { value: 'CompileError' }, diagnostics: { value: diagnostics } })
    // The position inside the compiler is useless to the user.
    this.stack = `${report}\n    at ${file}:${line}:${column}`
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

function report(file: string, lines: Lines, { code, message, at, also, notes = [], help }: Refusal): string {
  return formatFrame({ code, severity: 'error', file, message, at, also, notes, help: { text: help } }, () => ({
    lines,
    shown: file,
  }))
}
