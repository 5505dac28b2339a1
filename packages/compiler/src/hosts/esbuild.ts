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
import { basename, dirname, join, posix, relative, resolve, sep } from 'node:path'
import type { BuildFailure, BuildOptions, BuildResult, Loader, OutputFile, Plugin, PluginBuild } from 'esbuild'
import {
  transformForBundle,
  entryUrls,
  fileOf,
  isPiece,
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

export default function fearless(): Plugin {
  return { name: 'fearless', setup: build => setup(build, new Threads()) }
}

/** The modules that threads load, in the order of discovery. The index of a module is the number in its marks. */
class Threads {
  readonly pieces: ExtractedModules = new Map()
  readonly #ids: string[] = []

  /** Returns the expression for the location of a module. */
  reference(id: string): string {
    const at = this.#ids.includes(id) ? this.#ids.indexOf(id) : this.#ids.push(id) - 1
    return `new URL(${JSON.stringify(`fearless:${at}:`.padEnd(MARK_LENGTH, '_'))}, import.meta.url).href`
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
    return `${FOLDER}/${isPiece(id) ? `${at}-${pieceName(id)}` : basename(id, '.js')}`
  }

  /** Replaces marks by paths relative to the file. */
  complete(file: OutputFile, root: string): void {
    if (!file.path.endsWith('.js') && !file.path.endsWith('.mjs')) return
    const extension = /\.m?js$/.exec(file.path)![0]
    file.contents = Buffer.from(
      file.text.replace(MARK, (mark, _, at: string) => {
        const path = relative(dirname(file.path), join(root, this.#output(Number(at)) + extension))
        const written = path.split(sep).join(posix.sep)
        return JSON.stringify(written.startsWith('.') ? written : `./${written}`).padEnd(mark.length)
      }),
    )
  }
}

function setup(build: PluginBuild, threads: Threads): void {
  const options = build.initialOptions
  const asked = { ...options }
  const root = resolve(asked.absWorkingDir ?? '.', asked.outdir ?? dirname(asked.outfile ?? '.'))
  if (asked.bundle !== true || asked.format !== 'esm') {
    throw new ConfigError(
      "A bundle with threads must consist of ES modules. Build with `bundle: true` and `format: 'esm'`.",
    )
  }
  options.write = false
  build.onStart(() => threads.clear())
  load(build, threads, entryUrls(entriesOf(asked)))

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
      entryPoints: threads.entries(),
      entryNames: '[dir]/[name]',
      chunkNames: `${FOLDER}/[name]-[hash]`,
      splitting: true,
      write: false,
      // The first build has already logged the messages.
      logLevel: 'silent',
      plugins: [
        { name: 'fearless', setup: build => load(build, threads, entryUrls(entriesOf(asked))) },
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
function load(build: PluginBuild, threads: Threads, entries: ReadonlySet<string>): void {
  build.onResolve({ filter: /\?fl=/ }, ({ path }) => ({ path: pieceId(path), namespace: NAMESPACE }))
  build.onLoad({ filter: /\?fl=/, namespace: NAMESPACE }, ({ path }) => {
    const { code, map } = threads.pieces.get(path)!
    return { contents: withMap(code, map), loader: loaderOf(path), resolveDir: dirname(fileOf(path)) }
  })
  build.onLoad({ filter: /\.(?:[cm]?[jt]s|[jt]sx)$/ }, async ({ path }) => {
    const source = await readFile(path, 'utf8')
    if (!isSource(path)) {
      const own = relocatedLibraryModule(path, source, worker => threads.reference(worker))
      return own && { contents: withMap(own.code, own.map), loader: 'js' }
    }
    try {
      const reference = (url: string): string => threads.reference(pieceId(url))
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
