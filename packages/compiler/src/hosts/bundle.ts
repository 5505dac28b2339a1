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
interface ExtractedModule {
  readonly code: string
  readonly map: SourceMap
}

/** The modules extracted so far, by path and `?fl=`. They outlive a build, as the bundler's own cache does. */
export type ExtractedModules = Map<string, ExtractedModule>

const SOURCE = /\.(?:[cm]?ts|tsx|jsx|m?js)$/
const LIBRARY = /[\\/]fearless[\\/]dist[\\/]/
const WORKER_FILE = /new URL\((["'])(\.\.\/thread\/pool\/(?:browser-)?entry\.js)\1, import\.meta\.url\)/
/** The expressions of the library for locations: of its worker file, of its folder, and of the module itself. */
const LOCATION =
  /new URL\((["'])(?:(?<worker>\.\.\/thread\/pool\/(?:browser-)?entry\.js)|(?<folder>\.\.))\1, import\.meta\.url\)|import\.meta\.url/g

/** The expression for the location of a file in a CommonJS bundle. */
export const COMMONJS_URL = "require('node:url').pathToFileURL(__filename).href"

/** Returns true if the file may be transformed. Ids that are not paths, or have other queries, are excluded. */
export const isSource = (path: string): boolean => SOURCE.test(path) && !path.includes('\0') && !LIBRARY.test(path)

export const isPiece = (id: string): boolean => id.includes('?fl=')

/**
 * Returns the path of a piece. In an import the piece has a url. A piece that an earlier build has cut out is a file of
 * its own, without a query.
 */
export function pieceId(specifier: string): string {
  if (!specifier.startsWith('file:')) return specifier
  const [file, query] = specifier.split('?')
  return fileURLToPath(file) + (query === undefined ? '' : `?${query}`)
}

/** Returns the file from which a piece was extracted. The piece's imports are resolved from there. */
export const fileOf = (id: string): string => id.replace(/\?fl=.*$/s, '')

/** Returns the name of a piece's output: `app.thread-0`. */
export function pieceName(id: string): string {
  const [, name, number] = /([^\\/]*?)\.\w+(?:\?fl=(\w+).*)?$/s.exec(id)!
  return number === undefined ? name : `${name}.thread-${number}`
}

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
 * the expression for the file that starts a worker, `ownUrl` that for the module itself. The filter that hides the
 * library's own frames from stacks is disabled, or it would hide the program's frames in the same folder.
 */
export function relocatedLibraryModule(
  path: string,
  source: string,
  referenceTo: (file: string) => string,
  ownUrl = 'import.meta.url',
): { code: string; map: SourceMap } | undefined {
  if (!LIBRARY.test(path)) return undefined
  const text = new MagicString(source)
  for (const { 0: found, index, groups } of source.matchAll(LOCATION)) {
    const { worker, folder } = groups!
    const expression =
      worker !== undefined
        ? `new URL(${referenceTo(fileURLToPath(new URL(worker, pathToFileURL(path))))})`
        : folder === undefined
          ? ownUrl
          : `new URL("fearless:in-a-bundle#" + ${ownUrl})`
    if (expression !== found) text.update(index, index + found.length, expression)
  }
  if (!text.hasChanged()) return undefined
  const { version, sources, names, mappings } = text.generateMap({ hires: 'boundary' })
  return { code: text.toString(), map: { version, sources, names, mappings } }
}

/**
 * Returns a statement that registers texts and the compiler's url in this process, as the load hook does. A test runner
 * may evaluate it in another context than the library's.
 */
export function registration(texts: ReadonlyMap<string, string>, compiler: string): string {
  const outer = `process.getBuiltinModule('node:vm').runInThisContext('globalThis')`
  const add = `for (const [url, text] of ${JSON.stringify([...texts])}) known.set(url, text);`
  return (
    `{ const outer = ${outer}; const known = (outer[Symbol.for('fearless.texts')] ??= new outer.Map()); ${add} ` +
    `outer[Symbol.for('fearless.compiler')] ??= ${JSON.stringify(compiler)}; } `
  )
}

const MOCK = /\b(?:vi|jest)\.(?:do)?[mM]ock\(\s*(?:import\(\s*)?(['"])(.+?)\1/g

/**
 * Returns the warning for a test file that mocks a module which one of its closures imports. A thread imports the
 * module itself, because a mock is a value of the thread that runs the test.
 */
export function warningOfMocks(source: string, texts: ReadonlyMap<string, string>): string | undefined {
  const mocked = [...source.matchAll(MOCK)].map(match => match[2])
  const imported = mocked.find(specifier =>
    [...texts.values()].some(text => text.includes(`from '${specifier}'`) || text.includes(`from "${specifier}"`)),
  )
  if (imported === undefined) return undefined
  return (
    `A closure imports "${imported}", which this file mocks. The mock has no effect in threads, which import the real ` +
    'module. Pass the mocked value to the thread as data, or test the function without a thread.'
  )
}

/**
 * Rewrites the module of the library that starts workers, for a server that adds a query to the library's urls. The
 * worker file needs the same query, or its imports would be a second copy of the library.
 */
export function withQueryOfLibrary(path: string, source: string): string | undefined {
  if (!LIBRARY.test(path) || !WORKER_FILE.test(source)) return undefined
  return source.replace(WORKER_FILE, 'new URL("$2" + new URL(import.meta.url).search, import.meta.url)')
}
