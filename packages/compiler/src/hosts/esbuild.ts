/**
 * The plugin for esbuild.
 *
 *   import fearless from '@fearless/compiler/esbuild'
 *   await build({ entryPoints: ['app.ts'], bundle: true, platform: 'node', format: 'esm', outdir: 'out', plugins:
 *   [fearless()] })
 *
 * esbuild must know its entries before it begins, but closures are found while it runs. So a second build follows for
 * the modules that threads load: the closures' modules and the library's worker file, with common code shared. It may
 * find more closures, which only threads reach, so it repeats until it finds no new one.
 *
 * The first build does not know the output paths of its references. It writes marks of fixed length, and its outputs
 * are completed before they are written. Columns stay, so source maps stay valid.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, extname, join, posix, relative, resolve, sep } from 'node:path'
import type { BuildFailure, BuildOptions, BuildResult, Loader, OutputFile, Plugin, PluginBuild } from 'esbuild'
import {
  transformForBundle,
  COMMONJS_URL,
  entryUrls,
  fileOf,
  isSource,
  relocatedLibraryModule,
  pieceId,
  pieceName,
} from './bundle.ts'
import type { ExtractedModules } from './bundle.ts'
import type { SourceMap } from '../index.ts'
import { ConfigError } from '../config.ts'
import { languageOf } from '../syntax/syntax.ts'

const NAMESPACE = 'fearless'
/** The folder for the modules that threads load, beside the outputs. */
const FOLDER = 'threads'
/** A mark has the length of the longest path that may replace it. */
const MARK = /"(fearless:(\d+):_+)"/g
const MARK_LENGTH = 250
/** Gives the code of a CommonJS program its `require` in an ES module. */
const REQUIRE = `import { createRequire as $require } from 'node:module'; const require = $require(import.meta.url);`

export default function fearless(): Plugin {
  return { name: 'fearless', setup }
}

/** The modules that threads load, in the order of discovery. The index of a module is the number in its marks. */
class Threads {
  readonly pieces: ExtractedModules = new Map()
  /** The extension of their outputs. */
  readonly extension: string
  readonly #isCommonJs: boolean
  readonly #ids: string[] = []
  /** The file of the library that starts a worker. */
  #worker: string | undefined

  constructor(isCommonJs: boolean, extension: string) {
    this.#isCommonJs = isCommonJs
    this.extension = extension
  }

  /** Returns the expression for the location of a module. */
  reference(id: string, inThread: boolean): string {
    const at = this.#ids.includes(id) ? this.#ids.indexOf(id) : this.#ids.push(id) - 1
    return `new URL(${JSON.stringify(`fearless:${at}:`.padEnd(MARK_LENGTH, '_'))}, ${this.ownUrl(inThread)}).href`
  }

  workerReference(file: string, inThread: boolean): string {
    this.#worker = file
    return this.reference(file, inThread)
  }

  /** Returns the expression for the location of a file. A module of a thread is an ES module in every format. */
  ownUrl(inThread: boolean): string {
    return this.#isCommonJs && !inThread ? COMMONJS_URL : 'import.meta.url'
  }

  /** Returns the text of a piece for a thread. The columns stay. */
  inThread(code: string): string {
    return code.replaceAll(COMMONJS_URL, this.ownUrl(true).padEnd(COMMONJS_URL.length))
  }

  /** Begins another build, whose files may have changed. */
  clear(): void {
    this.pieces.clear()
    this.#ids.length = 0
  }

  get size(): number {
    return this.#ids.length
  }

  /** Returns the entries of the second build, by the names of their outputs. */
  entries(): Record<string, string> {
    return Object.fromEntries(this.#ids.map((id, at) => [this.#output(at), id]))
  }

  #output(at: number): string {
    const id = this.#ids[at]
    return `${FOLDER}/${id === this.#worker ? 'entry' : `${at}-${pieceName(id)}`}`
  }

  /** Replaces marks by paths relative to the file. */
  complete(file: OutputFile, root: string): void {
    if (!/\.[cm]?js$/.test(file.path)) return
    file.contents = Buffer.from(
      file.text.replace(MARK, (mark, _, at: string) => {
        const path = relative(dirname(file.path), join(root, this.#output(Number(at)) + this.extension))
        const written = path.split(sep).join(posix.sep)
        return JSON.stringify(written.startsWith('.') ? written : `./${written}`).padEnd(mark.length)
      }),
    )
  }
}

function setup(build: PluginBuild): void {
  const options = build.initialOptions
  const asked = { ...options }
  const root = resolve(asked.absWorkingDir ?? '.', asked.outdir ?? dirname(asked.outfile ?? '.'))
  const format = asked.format ?? (asked.platform === 'node' ? 'cjs' : 'iife')
  if (asked.bundle !== true || format === 'iife') {
    throw new ConfigError(
      "A bundle with threads must have the format of modules. Build with `bundle: true` and `format: 'esm'` or `'cjs'`.",
    )
  }
  const threads = new Threads(format === 'cjs', extensionOf(asked, format))
  options.write = false
  build.onStart(() => threads.clear())
  load(build, threads, entryUrls(entriesOf(asked)), false)

  build.onEnd(async result => {
    if (result.errors.length > 0) return
    // Code that only threads reach may have errors too.
    const more = await buildThreads(asked, root, build, threads).catch((failure: BuildFailure) => failure)
    for (const key of ['errors', 'warnings'] as const) result[key].push(...(more?.[key] ?? []))
    if (result.errors.length > 0) return
    if (more !== undefined && 'outputFiles' in more) {
      result.outputFiles!.push(...more.outputFiles!)
      for (const key of ['inputs', 'outputs'] as const)
        if (result.metafile) Object.assign(result.metafile[key], more.metafile![key])
    }
    for (const file of result.outputFiles!) threads.complete(file, root)
    if (asked.write !== false) await Promise.all(result.outputFiles!.map(write))
  })
}

/**
 * Returns the extension of the modules that threads load. It is that of the outputs, which the program's `package.json`
 * makes ES modules. Beside CommonJS it must say so itself.
 */
function extensionOf({ outExtension, outfile }: BuildOptions, format: string): string {
  if (format === 'cjs') return '.mjs'
  return outExtension?.['.js'] ?? (outfile === undefined ? '.js' : extname(outfile))
}

async function write({ path, contents }: OutputFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, contents)
}

function entriesOf({ entryPoints = [], absWorkingDir = '.' }: BuildOptions): string[] {
  const points = Array.isArray(entryPoints) ? entryPoints : Object.values(entryPoints)
  return points.map(point => resolve(absWorkingDir, typeof point === 'string' ? point : point.in))
}

/** Repeats the second build until it finds no new module. */
async function buildThreads(
  asked: BuildOptions,
  outdir: string,
  { esbuild }: PluginBuild,
  threads: Threads,
): Promise<BuildResult | undefined> {
  for (let known = 0, result: BuildResult | undefined; ;) {
    if (known === threads.size) return result
    known = threads.size
    result = await esbuild.build({
      ...withoutOutfile(asked),
      outdir,
      outExtension: { ...asked.outExtension, '.js': threads.extension },
      format: 'esm',
      ...(asked.format !== 'esm' && { banner: { ...asked.banner, js: `${asked.banner?.js ?? ''}${REQUIRE}` } }),
      entryPoints: threads.entries(),
      entryNames: '[dir]/[name]',
      chunkNames: `${FOLDER}/[name]-[hash]`,
      splitting: true,
      write: false,
      // The first build has already logged the messages.
      logLevel: 'silent',
      plugins: [
        { name: 'fearless', setup: build => load(build, threads, entryUrls(entriesOf(asked)), true) },
        ...(asked.plugins ?? []).filter(({ name }) => name !== 'fearless'),
      ],
    })
  }
}

function withoutOutfile(options: BuildOptions): BuildOptions {
  const { ...rest } = options
  delete rest.outfile
  return rest
}

/** Registers the loaders that both builds use. */
function load(build: PluginBuild, threads: Threads, entries: ReadonlySet<string>, inThread: boolean): void {
  build.onResolve({ filter: /\?fl=/ }, ({ path }) => ({ path: pieceId(path), namespace: NAMESPACE }))
  build.onLoad({ filter: /\?fl=/, namespace: NAMESPACE }, ({ path }) => {
    const { code, map } = threads.pieces.get(path)!
    return { contents: withMap(threads.inThread(code), map), loader: loaderOf(path), resolveDir: dirname(fileOf(path)) }
  })
  build.onLoad({ filter: /\.(?:[cm]?[jt]s|[jt]sx)$/ }, async ({ path }) => {
    const source = await readFile(path, 'utf8')
    if (!isSource(path)) {
      const referenceTo = (worker: string): string => threads.workerReference(worker, inThread)
      const own = relocatedLibraryModule(path, source, referenceTo, threads.ownUrl(inThread))
      return own && { contents: withMap(own.code, own.map), loader: 'js' }
    }
    try {
      const reference = (url: string): string => threads.reference(pieceId(url), inThread)
      const found = transformForBundle(path, source, threads.pieces, { entries, reference })
      if (found === undefined) return undefined
      const loader = found.hasTypes ? languageOf(path)! : loaderOf(path)
      return { contents: withMap(found.code, found.map()), loader }
    } catch (error) {
      return { errors: [{ text: (error as Error).message, detail: error }] }
    }
  })
}

const loaderOf = (path: string): Loader => (languageOf(path) === 'ts' ? 'js' : 'jsx')

function withMap(code: string, map: SourceMap): string {
  const text = Buffer.from(JSON.stringify(map)).toString('base64')
  return `${code}\n//# sourceMappingURL=data:application/json;base64,${text}\n`
}
