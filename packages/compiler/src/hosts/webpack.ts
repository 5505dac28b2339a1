/**
 * The plugin for webpack 5 and Rspack.
 *
 *   import fearless from '@fearless/compiler/webpack' // or '@fearless/compiler/rspack'
 *   export default { entry: './app.ts', target: 'node', plugins: [fearless()] }
 *
 * These bundlers give each entry a module system of its own, so closures that were entries would not share modules in a
 * thread. Instead all closures and the library's worker file are in one more entry, which evaluates a closure's module
 * when a thread first needs it. Its modules are known when all other modules are built, so it is added then, in rounds:
 * a closure may import files with closures.
 *
 * This is own code and not unplugin: unplugin has no way to add an entry for these bundlers, and its virtual modules
 * are not needed, because every piece is a file with a query (webpack-loader.ts).
 */
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { entryUrls } from './bundle.ts'
import { indexRequest, PIECE_KEY, pieceKey, pieceRequest, type LoaderOptions } from './webpack-loader.ts'

/** The parts of webpack and Rspack that the plugin uses. */
interface Compiler {
  readonly context: string
  readonly options: {
    entry?: unknown
    externals?: unknown
    output: { filename?: unknown }
    module: { rules: unknown[] }
    externalsPresets: { node?: boolean }
  }
  readonly webpack: { EntryPlugin: { createDependency(request: string, options: object): unknown } }
  readonly hooks: { finishMake: { tapPromise(name: string, f: (compilation: Compilation) => Promise<void>): void } }
}

interface Compilation {
  readonly compiler: Compiler
  readonly modules: Iterable<{ resource?: string; originalSource?(): { source(): string | Buffer } | null }>
  addEntry(context: string, dependency: unknown, options: object, done: (error?: Error | null) => void): void
}

export interface WebpackPlugin {
  apply(compiler: unknown): void
}

const NAME = 'fearless'
const ENTRY = 'fearless-worker'
const LOADER = fileURLToPath(new URL(import.meta.url.replace(/webpack(\.\w+)$/, 'webpack-loader$1')))
const LIBRARY = /[\\/]fearless[\\/]dist[\\/]shared[\\/]/

export default function fearless(): WebpackPlugin {
  return { apply: compiler => install(compiler as Compiler) }
}

function install(compiler: Compiler): void {
  const { options } = compiler
  const filename = typeof options.output.filename === 'string' ? options.output.filename : ''
  const loaderOptions: LoaderOptions = {
    worker: `${ENTRY}${/\.[cm]?js$/.exec(filename)?.[0] ?? '.js'}`,
    entries: [...entryUrls(entriesOf(options.entry).map(entry => resolve(compiler.context, entry)))],
    isPage: options.externalsPresets.node !== true,
  }
  options.module.rules.push({
    test: /\.(?:[cm]?[jt]s|[jt]sx)$/,
    resourceQuery: { not: [/^\?list=/] },
    enforce: 'pre',
    use: [{ loader: LOADER, options: loaderOptions }],
  })
  options.externals = withSubpaths(options.externals)
  compiler.hooks.finishMake.tapPromise(NAME, compilation =>
    compilation.compiler === compiler ? addClosures(compilation, loaderOptions) : Promise.resolve(),
  )
}

/** Adds the closures of all modules to the worker's entry, until their own modules have no new ones. */
async function addClosures(compilation: Compilation, options: LoaderOptions): Promise<void> {
  const known = new Set<string>()
  let worker: string | undefined
  for (;;) {
    const requests: Record<string, string> = {}
    for (const module of compilation.modules) {
      const { resource } = module
      if (resource === undefined) continue
      const text = String(module.originalSource?.()?.source() ?? '')
      if (!text.includes(options.worker)) continue
      const path = resource.replace(/\?.*$/s, '')
      if (LIBRARY.test(path)) worker = fileURLToPath(new URL('../thread/pool/entry.js', pathToFileURL(path)))
      for (const [, number] of text.matchAll(PIECE_KEY)) {
        const id = `${path}?fl=${number}`
        const key = pieceKey(id)
        if (text.includes(key) && !known.has(key)) requests[key] = pieceRequest(id, options)
      }
    }
    if (Object.keys(requests).length === 0) break
    for (const key of Object.keys(requests)) known.add(key)
    await addToEntry(compilation, indexRequest(requests), options)
  }
  if (worker !== undefined) await addToEntry(compilation, worker, options)
}

function addToEntry(compilation: Compilation, request: string, { worker }: LoaderOptions): Promise<void> {
  const { compiler } = compilation
  const dependency = compiler.webpack.EntryPlugin.createDependency(request, { name: ENTRY })
  return new Promise((done, fail) =>
    compilation.addEntry(compiler.context, dependency, { name: ENTRY, filename: worker }, error =>
      error ? fail(error) : done(),
    ),
  )
}

/** Returns the files of the entries that the configuration names. An entry with loaders is not a file of the program. */
function entriesOf(entry: unknown): string[] {
  if (typeof entry === 'string') return /[!?]/.test(entry) ? [] : [entry]
  if (Array.isArray(entry)) return entry.flatMap(entriesOf)
  if (typeof entry !== 'object' || entry === null) return []
  return Object.values(entry).flatMap(each =>
    typeof each === 'object' && each !== null && 'import' in each ? entriesOf(each.import) : entriesOf(each),
  )
}

/** The library has one copy: a program that leaves it out of the bundle leaves out all of its modules. */
function withSubpaths(externals: unknown): unknown {
  const list: unknown[] = Array.isArray(externals) ? externals : externals === undefined ? [] : [externals]
  return list.flatMap(each => {
    if (each === 'fearless') return [each, 'fearless/closure']
    const value = typeof each === 'object' && each !== null ? (each as { fearless?: unknown }).fearless : undefined
    return typeof value === 'string'
      ? [each, { 'fearless/closure': value.replace(/fearless$/, 'fearless/closure') }]
      : [each]
  })
}
