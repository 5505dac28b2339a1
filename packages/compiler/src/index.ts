/** The interface for build tools: a file, split into the modules that it becomes. */
import MagicString from 'magic-string'
import { extractClosures, markFile, type TransformOptions } from './transform.ts'

export { transformFile, type Transformed, type TransformOptions } from './transform.ts'
export { CompileError, type Code, type Diagnostic } from './diagnostics/errors.ts'

export interface SourceMap {
  version: number
  sources: string[]
  names: string[]
  mappings: string
  sourcesContent?: string[]
}

export interface Transformation {
  /** The file itself with its thread closures marked, as plain JavaScript. */
  code: string
  /** Maps the columns that moved. Lines do not move. */
  map(): SourceMap
  /** The modules extracted from the file, by url. Their lines and columns are those of the file. */
  texts: ReadonlyMap<string, string>
}

/**
 * Does the same as `transformFile`, but returns the modules instead of registering them in this process. Returns
 * undefined if the file contains no thread closures. Throws `CompileError`.
 */
export function transform(url: string, source: string, options: TransformOptions = {}): Transformation | undefined {
  const cut = extractClosures(url, source, options)
  if (cut === undefined) return undefined
  return { code: cut.code, texts: cut.texts, map: () => mapOf(url, cut.source, cut.edits, cut.tail) }
}

/** Marks the evaluation of a file that does not mention the library. Returns undefined if there is nothing to mark. */
export function markEvaluationOf(
  url: string,
  source: string,
  module: string,
): Omit<Transformation, 'texts'> | undefined {
  const marked = markFile(url, source, module)
  return marked && { code: marked.code, map: () => mapOf(url, marked.source, marked.edits, marked.tail) }
}

function mapOf(
  url: string,
  source: string,
  edits: readonly { start: number; end: number; text: string }[],
  tail: string,
): SourceMap {
  const text = new MagicString(source)
  for (const { start, end, text: replacement } of edits) {
    if (end > start) text.update(start, end, replacement)
    else text.appendLeft(start, replacement)
  }
  const { version, sources, names, mappings } = text.append(tail).generateMap({ source: url, hires: true })
  return { version, sources, names, mappings }
}
