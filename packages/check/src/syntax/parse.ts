/**
 * Parses a file to a syntax tree, or returns the syntax error.
 *
 * Positions are UTF-16 offsets into `text`, which never starts with a byte order mark.
 */
import { refuseDeepNesting, type Node } from '@fearless/compiler/analysis'
import { parseSync } from 'oxc-parser'

const LANGUAGES = new Map([
  ['ts', 'ts'],
  ['mts', 'ts'],
  ['cts', 'ts'],
  ['tsx', 'tsx'],
  ['js', 'jsx'],
  ['mjs', 'jsx'],
  ['cjs', 'jsx'],
  ['jsx', 'jsx'],
] as const)

export interface ParsedFile {
  text: string
  program: Node
  typescript: boolean
  comments: readonly Comment[]
}

export interface Comment {
  readonly type: 'Line' | 'Block'
  readonly value: string
  readonly start: number
  readonly end: number
}

export interface SyntaxProblem {
  text: string
  message: string
  start: number
  end: number
}

/** Whether a file contains statements that run: declaration files contain none. */
export const isSource = (path: string): boolean =>
  extensionOf(path) !== undefined && !/\.d\.(?:[\w-]+\.)?[cm]?ts$/.test(path)

/** Throws a `NestingError` for a text that would overflow the parser's stack. */
export function parse(path: string, source: string): ParsedFile | SyntaxProblem {
  const lang = LANGUAGES.get(extensionOf(path) ?? 'ts')!
  const text = withoutMark(source)
  refuseDeepNesting(text, lang !== 'ts')
  const { program, errors, comments } = parseSync(`file.${lang}`, text, { lang, sourceType: 'module' })
  const [error] = errors
  if (error !== undefined) {
    const at = error.labels[0]
    return { text, message: error.message, start: at?.start ?? 0, end: at?.end ?? 0 }
  }
  return { text, program: program as unknown as Node, typescript: lang !== 'jsx', comments }
}

export const withoutMark = (source: string): string => (source.charCodeAt(0) === 0xfeff ? source.slice(1) : source)

function extensionOf(path: string): 'ts' | undefined {
  const extension = path.slice(path.lastIndexOf('.') + 1)
  return LANGUAGES.has(extension as 'ts') ? (extension as 'ts') : undefined
}
