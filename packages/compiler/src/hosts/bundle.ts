/**
 * The common part of the bundler plugins.
 *
 * A file is transformed as in the load hook, and each module extracted from it becomes an entry of the bundle, so that
 * a thread can load it alone. Expressions for the module's location in the bundle replace the urls of the hook.
 *
 * A bundle may contain the library or not. If it does, the file that starts a worker becomes another entry. That entry
 * shares the library with the closures' modules, because a thread must not have two.
 */
import { createHash } from 'node:crypto'
import { fileURLToPath, pathToFileURL } from 'node:url'
import MagicString from 'magic-string'
import { markEvaluationOf, transform, type SourceMap, type TransformOptions } from '../index.ts'
import { mentionsLibrary } from '../syntax/nesting.ts'

/** A module extracted from a file, without a file of its own. */
export interface ExtractedModule {
  readonly code: string
  readonly map: SourceMap
}

/** The modules extracted so far, by path and `?fl=`. They outlive a build, as the bundler's own cache does. */
export type ExtractedModules = Map<string, ExtractedModule>

const SOURCE = /\.(?:[cm]?ts|tsx|jsx|m?js)$/
const LIBRARY = /[\\/]fearless[\\/]dist[\\/]/
const WORKER_FILE = /new URL\((["'])(\.\.\/thread\/pool\/(?:browser-)?entry\.js)\1, import\.meta\.url\)/
const OWN_FOLDER = /new URL\((["'])\.\.\1, import\.meta\.url\)/g

/** Returns true if the file may be transformed. Ids that are not paths, or have other queries, are excluded. */
export const isSource = (path: string): boolean => SOURCE.test(path) && !path.includes('\0') && !LIBRARY.test(path)

export const isPiece = (id: string): boolean => id.includes('?fl=')

/** Returns the path of a piece. In an import the piece has a url. */
export function pieceId(specifier: string): string {
  if (!specifier.startsWith('file:')) return specifier
  const [file, query] = specifier.split('?')
  return `${fileURLToPath(file)}?${query}`
}

/** Returns the file from which a piece was extracted. The piece's imports are resolved from there. */
export const fileOf = (id: string): string => id.replace(/\?fl=.*$/s, '')

/** Returns the name of a piece's output: `app.thread-0`. */
export const pieceName = (id: string): string =>
  `${/([^\\/]*?)\.\w+\?/.exec(id)![1]}.thread-${/\?fl=(\w+)/.exec(id)![1]}`

/** Returns all urls by which an entry may be imported. */
export function entryUrls(paths: Iterable<string>): Set<string> {
  const urls = new Set<string>()
  for (const path of paths) {
    const { href } = pathToFileURL(path)
    const bare = href.replace(/\.[cm]?[jt]sx?$/, '')
    for (const url of [href, bare, href.replace(/\.([cm]?)tsx?$/, '.$1js')]) urls.add(url)
  }
  return urls
}

/** The transformed file. */
export interface CutFile {
  readonly code: string
  map(): SourceMap
  /** True if its types are still there. */
  readonly hasTypes: boolean
}

/** Returns the name by which all threads of a bundle know a module. It must not reveal paths of the build machine. */
const moduleName = (url: string): string => `fearless:${createHash('sha256').update(url).digest('hex').slice(0, 16)}`

/** Transforms a file and stores its pieces. Returns undefined if the file needs no change. Throws `CompileError`. */
export function transformForBundle(
  path: string,
  source: string,
  pieces: ExtractedModules,
  options: TransformOptions,
): CutFile | undefined {
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

/**
 * Returns the identity map of a piece. Its lines and columns are those of its file, and the bundler needs a map that
 * says so.
 */
function sameLines(path: string, source: string, code: string): SourceMap {
  const { version, names, mappings } = new MagicString(code).generateMap({ hires: 'boundary' })
  return { version, names, mappings, sources: [path], sourcesContent: [source] }
}

/**
 * Rewrites a module of the library that depends on its own location, which differs in a bundle. `referenceTo` returns
 * the expression for the file that starts a worker. The filter that hides the library's own frames from stacks is
 * disabled, or it would hide the program's frames in the same folder.
 */
export function relocatedLibraryModule(
  path: string,
  source: string,
  referenceTo: (file: string) => string,
): { code: string; map: SourceMap } | undefined {
  if (!LIBRARY.test(path)) return undefined
  const text = new MagicString(source)
  const worker = WORKER_FILE.exec(source)
  if (worker !== null) {
    const file = fileURLToPath(new URL(worker[2], pathToFileURL(path)))
    text.replace(WORKER_FILE, `new URL(${referenceTo(file)})`)
  }
  text.replaceAll(OWN_FOLDER, 'new URL("fearless:in-a-bundle#" + import.meta.url)')
  if (!text.hasChanged()) return undefined
  const { version, sources, names, mappings } = text.generateMap({ hires: 'boundary' })
  return { code: text.toString(), map: { version, sources, names, mappings } }
}

/**
 * Rewrites the module of the library that starts workers, for a server that adds a query to the library's urls. The
 * worker file needs the same query, or its imports would be a second copy of the library.
 */
export function withQueryOfLibrary(path: string, source: string): string | undefined {
  if (!LIBRARY.test(path) || !WORKER_FILE.test(source)) return undefined
  return source.replace(WORKER_FILE, 'new URL("$2" + new URL(import.meta.url).search, import.meta.url)')
}
