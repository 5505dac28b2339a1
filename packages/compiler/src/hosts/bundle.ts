/**
 * What every bundler's plugin does: a file is cut as the load hook cuts it, and each module cut out of it becomes an
 * entry of the bundle, so that a thread can load it on its own. In place of the urls that mean something to the hook
 * stand expressions that say where the bundler put the module.
 *
 * A bundle may contain the library or leave it out. If it contains it, the file that a worker starts with is one more
 * entry; it shares the library with the closures' modules, because a thread must not have two.
 */
import { createHash } from 'node:crypto'
import { fileURLToPath, pathToFileURL } from 'node:url'
import MagicString from 'magic-string'
import { markEvaluationOf, transform, type SourceMap, type TransformOptions } from '../index.ts'
import { mentionsLibrary } from '../syntax/mention.ts'

/** A module that is no file: one cut out of a file. */
export interface Piece {
  readonly code: string
  readonly map: SourceMap
}

/** The modules cut out so far, by path and `?fl=`. They outlive a build, as the bundler's own cache does. */
export type Pieces = Map<string, Piece>

const SOURCE = /\.(?:[cm]?ts|tsx|jsx|m?js)$/
const LIBRARY = /[\\/]fearless[\\/]dist[\\/]/
const WORKER_FILE = /new URL\((["'])\.\.\/thread\/pool\/entry\.js\1, import\.meta\.url\)/
const OWN_FOLDER = /new URL\((["'])\.\.\1, import\.meta\.url\)/g

/** Is this a file that may be cut? Ids that are not paths, or that ask for something else of a file, are not. */
export const isSource = (path: string): boolean => SOURCE.test(path) && !path.includes('\0') && !LIBRARY.test(path)

export const isPiece = (id: string): boolean => id.includes('?fl=')

/** The path of a piece, however it was written: in an import it is a url. */
export function pieceId(specifier: string): string {
  if (!specifier.startsWith('file:')) return specifier
  const [file, query] = specifier.split('?')
  return `${fileURLToPath(file)}?${query}`
}

/** The file that a piece was cut out of: its imports mean what they mean there. */
export const fileOf = (id: string): string => id.replace(/\?fl=.*$/s, '')

/** What a piece's output is called: `app.thread-0`. */
export const pieceName = (id: string): string =>
  `${/([^\\/]*?)\.\w+\?/.exec(id)![1]}.thread-${/\?fl=(\w+)/.exec(id)![1]}`

/** The urls that mean an entry, however it is imported. */
export function entryUrls(paths: Iterable<string>): Set<string> {
  const urls = new Set<string>()
  for (const path of paths) {
    const { href } = pathToFileURL(path)
    const bare = href.replace(/\.[cm]?[jt]sx?$/, '')
    for (const url of [href, bare, href.replace(/\.([cm]?)tsx?$/, '.$1js')]) urls.add(url)
  }
  return urls
}

/** What becomes of a file. */
export interface CutFile {
  readonly code: string
  map(): SourceMap
  /** Whether its types are still there. */
  readonly hasTypes: boolean
}

/** By which name all of a bundle's threads know a module: it tells nothing of the machine that built it. */
const moduleName = (url: string): string => `fearless:${createHash('sha256').update(url).digest('hex').slice(0, 16)}`

/** Cuts a file and keeps its pieces. Undefined if there is nothing to do; throws `CompileError`. */
export function cut(path: string, source: string, pieces: Pieces, options: TransformOptions): CutFile | undefined {
  const url = pathToFileURL(path).href
  if (!mentionsLibrary(source)) {
    if (/[\\/]node_modules[\\/]/.test(path) || options.entries?.has(url) === true) return undefined
    const marked = markEvaluationOf(url, source, moduleName(url))
    return marked && { ...marked, hasTypes: true }
  }
  const cut = transform(url, source, { ...options, stubs: true, module: moduleName })
  for (const [url, code] of cut?.texts ?? []) pieces.set(pieceId(url), { code, map: sameLines(path, source, code) })
  return cut && { code: cut.code, map: () => cut.map(), hasTypes: false }
}

/** A piece's lines and columns are those of its file; what the bundler makes of it still needs a map to say so. */
function sameLines(path: string, source: string, code: string): SourceMap {
  const { version, names, mappings } = new MagicString(code).generateMap({ hires: 'boundary' })
  return { version, names, mappings, sources: [path], sourcesContent: [source] }
}

/**
 * A module of the library, if it must know where it is: in a bundle it is elsewhere. `referenceTo` gives the expression
 * for the file that starts a worker. What hides the library's own frames from stacks finds nothing to hide, rather than
 * the program's frames, which are in the same folder.
 */
export function moved(
  path: string,
  source: string,
  referenceTo: (file: string) => string,
): { code: string; map: SourceMap } | undefined {
  if (!LIBRARY.test(path)) return undefined
  const text = new MagicString(source)
  if (WORKER_FILE.test(source)) {
    const file = fileURLToPath(new URL('../thread/pool/entry.js', pathToFileURL(path)))
    text.replace(WORKER_FILE, `new URL(${referenceTo(file)})`)
  }
  text.replaceAll(OWN_FOLDER, 'new URL("fearless:in-a-bundle#" + import.meta.url)')
  if (!text.hasChanged()) return undefined
  const { version, sources, names, mappings } = text.generateMap({ hires: 'boundary' })
  return { code: text.toString(), map: { version, sources, names, mappings } }
}
