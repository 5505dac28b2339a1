/**
 * The loader of the plugins for webpack and Rspack: transforms one file, without state, so that it works beside any
 * cache of the bundler.
 *
 * - A source file gets its closures marked. It must be the first loader, because the compiler needs the original text.
 * - A request with `?fl=0` is a piece of its file: the loader extracts the file again and returns that piece.
 * - A request with `?list=` is the index of the pieces of a round (webpack.ts), which the worker file registers.
 */
import { createHash } from 'node:crypto'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { SourceMap } from '../index.ts'
import { languageOf } from '../syntax/syntax.ts'
import { type ExtractedModules, isSource, pieceId, relocatedLibraryModule, transformForBundle } from './bundle.ts'

export interface LoaderOptions {
  /** The name of the file that starts a worker and holds all closures, in the output folder. */
  readonly worker: string
  /** The urls of the program's entries. */
  readonly entries: readonly string[]
  /** True if the output runs on a page, where a file's location begins with the public path. */
  readonly isPage: boolean
}

interface LoaderContext {
  readonly resourcePath: string
  readonly resourceQuery: string
  getOptions(): LoaderOptions
  callback(error: Error | null, code?: string, map?: unknown): void
}

const LOADER = fileURLToPath(import.meta.url)

/** The expression for the location of the output folder. */
const BASE = '__webpack_base_uri__'

export default function load(this: LoaderContext, source: string, inputMap: unknown): void {
  const { resourcePath: path, resourceQuery: query } = this
  if (query.startsWith('?list='))
    return this.callback(null, indexOf(Buffer.from(query.slice(6), 'base64url').toString()))
  const options = this.getOptions()
  const worker = `new URL(${options.isPage ? '__webpack_public_path__ + ' : ''}${JSON.stringify(options.worker)}, ${BASE}).href`
  try {
    const found = transformed(path, query, source, worker, options)
    if (found === undefined) this.callback(null, source, inputMap)
    else this.callback(null, found.code, found.map)
  } catch (error) {
    this.callback(error as Error)
  }
}

function transformed(
  path: string,
  query: string,
  source: string,
  worker: string,
  options: LoaderOptions,
): { code: string; map: SourceMap } | undefined {
  if (!isSource(path)) {
    const own = relocatedLibraryModule(path, source, () => worker, `String(${BASE})`)
    // The library imports closures by url, which are not modules of the bundle.
    const code = (own?.code ?? source).replaceAll(/\bimport\((?=\w+\))/g, 'import(/* webpackIgnore: true */ ')
    return own && { code, map: own.map }
  }
  const pieces: ExtractedModules = new Map()
  const cut = transformForBundle(path, source, pieces, {
    entries: new Set(options.entries),
    reference: url => `(${worker} + "#${pieceKey(pieceId(url))}")`,
  })
  const which = /[?&]fl=(\w+)/.exec(query)
  if (which === null) return cut && { code: cut.code, map: cut.map() }
  const piece = pieces.get(`${path}?fl=${which[1]}`)!
  const library = JSON.stringify(`${pathToFileURL(path).href}?fl=lib`)
  const request = JSON.stringify(pieceRequest(`${path}?fl=lib`, options))
  return { code: piece.code.replaceAll(`from ${library}`, `from ${request}`), map: piece.map }
}

/** Returns the name of a piece in the bundle. It must not reveal paths of the build machine. */
export function pieceKey(id: string): string {
  const [path, number] = id.split('?fl=')
  return `fl=${createHash('sha256').update(path).digest('hex').slice(0, 16)}-${number}`
}

/** Matches the key of a piece in a module's text. */
export const PIECE_KEY = /#fl=[0-9a-f]{16}-(\d+)"/g

/** Returns the request for a piece. It is plain JavaScript, so no other loader may see it, except for JSX. */
export function pieceRequest(id: string, options: LoaderOptions): string {
  const [path] = id.split('?fl=')
  return languageOf(path) === 'ts' ? `!!${LOADER}?${JSON.stringify(options)}!${id}` : id
}

/** Returns the request for the module that registers pieces. */
export const indexRequest = (requests: Record<string, string>): string =>
  `!!${LOADER}!${LOADER}?list=${Buffer.from(JSON.stringify(requests)).toString('base64url')}`

/** Registers the pieces of a list in the thread that evaluates this module. The worker file holds them, not evaluated. */
function indexOf(list: string): string {
  const entries = Object.entries(JSON.parse(list) as Record<string, string>)
  return `const modules = (globalThis[Symbol.for("fearless.modules")] ??= new Map())
${entries.map(([key, request]) => `modules.set(${JSON.stringify(key)}, () => import(/* webpackMode: "eager" */ ${JSON.stringify(request)}))\n`).join('')}`
}
