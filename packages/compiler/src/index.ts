/**
 * What build tools use: a file, cut into the modules that it becomes.
 */
import MagicString from 'magic-string'
import { cutFile, markFile, type TransformOptions } from './transform.ts'

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
  /** The file itself, its thread closures marked: plain JavaScript. */
  code: string
  /** Where columns went; lines did not move. */
  map(): SourceMap
  /** The modules cut out of the file, by url. Lines and columns are those of the file. */
  texts: ReadonlyMap<string, string>
}

/**
 * Like `transformFile`, but gives the modules back instead of registering them in this process.
 * Undefined when the file has nothing of ours. Throws `CompileError`.
 */
export function transform(url: string, source: string, options: TransformOptions = {}): Transformation | undefined {
  const cut = cutFile(url, source, options)
  if (cut === undefined) return undefined
  return { code: cut.code, texts: cut.texts, map: () => mapOf(url, cut.source, cut.edits, cut.tail) }
}

/** Marks the evaluation of a file that does not mention the library. Undefined when there is nothing to mark. */
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
