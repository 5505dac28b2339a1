/**
 * How a file of the program becomes the text that runs, in the main thread and in the other threads alike.
 *
 * - A file that mentions the library is compiled. TypeScript is compiled from the file, because the compiler keeps its
 *   lines and Node would refuse an enum. JSX, and TypeScript with decorators, is compiled from the text that the
 *   program's loader has made of it.
 * - Every other file is loaded by the program's loader, or by Node. If there is no loader and Node does not run this
 *   TypeScript, the compiler removes the types.
 * - The evaluation of each file is marked (evaluation.ts).
 */
import type { LoadFnOutput, LoadHookContext } from 'node:module'
import { bracketed, isBracketed } from './evaluation.ts'
import { mapComment, recordsCoverage } from './source-map.ts'

export { mapComment, recordsCoverage }

type Text = NonNullable<LoadFnOutput['source']>
type NextLoad = (url: string, context?: Partial<LoadHookContext>) => LoadFnOutput

export interface FileCompiler {
  /**
   * Returns the JavaScript of a file that mentions the library; undefined if the compiler does not handle it. With
   * `leavesDecorators`, TypeScript with decorators is not handled.
   */
  compile(url: string, text: string, leavesDecorators: boolean): string | undefined
  /** Removes the types of a text. Returns undefined if there is no compiler. */
  eraseTypes(url: string, text: string): string | undefined
  /** Called with each text of the program that is loaded without the compiler. */
  note?(text: string): void
  /** Whether the runtime removes types itself. */
  readonly stripsTypes: boolean
  /** Whether the main thread loads the same file in the same way. */
  readonly certain: boolean
  /** Whether a file is not marked, because only the main thread evaluates it. */
  isUnmarked?(url: string): boolean
}

const TYPESCRIPT = /\.[cm]?ts(?:[?#]|$)/

/** Matches text that may be TypeScript which Node's own type stripping refuses. */
const NOT_ERASABLE =
  /\b(?:enum|namespace|module)\s+[\w$.]+\s*\{|\bconstructor\s*\([^)]*\b(?:public|private|protected|readonly|override)\b/

/** `readSource` returns the bytes of the file. */
export function loadFile(
  url: string,
  context: LoadHookContext,
  next: NextLoad,
  compiler: FileCompiler,
  readSource: () => Text,
): LoadFnOutput {
  const isTypeScript = TYPESCRIPT.test(url)
  const original = isTypeScript ? readSource() : undefined
  const mentioned = original !== undefined && mayMention(original)
  if (mentioned) {
    const code = compiler.compile(url, decoded(original), true)
    if (code !== undefined) return { format: 'module', source: code, shortCircuit: true }
  }
  const loaded = original === undefined ? next(url, context) : nextOrUnknown(url, context, next)
  const text = loaded?.source
  if (original !== undefined && isUnchanged(loaded, original)) {
    const plain = decoded(original)
    if (!compiler.stripsTypes || (loaded?.format?.endsWith('-typescript') === true && NOT_ERASABLE.test(plain))) {
      const source = compiler.eraseTypes(url, plain)
      if (source !== undefined) {
        const format = formatOf(url, loaded?.format)
        return mark(url, { format, source, shortCircuit: true }, compiler)
      }
    }
  }
  if (loaded === undefined) return next(url, context)
  // Deno does not report the format.
  if (!text || !/^(?:module|commonjs)(?:-typescript)?$/.test(loaded.format ?? 'module')) return loaded
  if (loaded.format !== 'commonjs' && (original === undefined ? mayMention(text) : mentioned)) {
    const source = compiler.compile(url, decoded(text), false)
    if (source !== undefined) return { ...loaded, format: 'module', source }
  }
  return mark(url, loaded, compiler)
}

/** Loads a TypeScript file. Returns undefined if Node does not know this kind of file. */
function nextOrUnknown(url: string, context: LoadHookContext, next: NextLoad): LoadFnOutput | undefined {
  try {
    return next(url, context)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_UNKNOWN_FILE_EXTENSION') return undefined
    throw error
  }
}

/** Whether no loader has turned a TypeScript file into JavaScript. */
function isUnchanged(loaded: LoadFnOutput | undefined, original: Text): boolean {
  if (loaded === undefined || loaded.format?.endsWith('-typescript') === true) return true
  return !loaded.source || decoded(loaded.source) === decoded(original)
}

function formatOf(url: string, format: string | null | undefined): string {
  return format?.startsWith('commonjs') === true || /\.cts(?:[?#]|$)/.test(url) ? 'commonjs' : 'module'
}

/** Marks the text of a file with the module that is evaluated, because a call in it may make a lock. */
function mark(url: string, loaded: LoadFnOutput, compiler: FileCompiler): LoadFnOutput {
  const { source, format } = loaded
  if (!source || !isBracketed(url, format) || compiler.isUnmarked?.(url) === true) return loaded
  const text = decoded(source)
  compiler.note?.(text)
  const marked = bracketed(url, text, compiler.certain)
  return { ...loaded, source: recordsCoverage ? marked + mapOfMarked(url, text, marked) : marked }
}

/** Bytes are searched before they are decoded, because most files do not mention the library. */
function mayMention(text: Text): boolean {
  return typeof text === 'string' ? text.includes('fearless') : bytesOf(text).includes('fearless')
}

function decoded(text: Text): string {
  return typeof text === 'string' ? text : bytesOf(text).toString()
}

function bytesOf(text: Exclude<Text, string>): Buffer {
  return text instanceof ArrayBuffer ? Buffer.from(text) : Buffer.from(text.buffer, text.byteOffset, text.byteLength)
}

/** Returns the source map of a marked text, unless a loader has given it one. */
function mapOfMarked(url: string, text: string, marked: string): string {
  const prefix = marked.indexOf(text)
  if (prefix < 0 || text.includes('sourceMappingURL=')) return ''
  return mapComment(url, text, [{ start: 0, end: 0, text: marked.slice(0, prefix) }])
}
