/**
 * The plugin for esbuild.
 *
 *   import fearless from '@fearless/compiler/esbuild'
 *   await build({ entryPoints: ['app.ts'], bundle: true, platform: 'node', format: 'esm', outdir: 'out', plugins: [fearless()] })
 *
 * esbuild's entries are known before it begins, and closures are found while it runs. So a second build follows the
 * first, of what threads load: the closures' modules and the library's worker file, sharing what they have in
 * common. In it more closures may be found, which only threads reach; it is repeated until it has all of them.
 * The first build cannot know from which file to which its references lead: it writes a mark of fixed length, and its
 * outputs are completed before they are written. Columns stay, so source maps do.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, posix, relative, resolve, sep } from 'node:path'
import type { BuildFailure, BuildOptions, BuildResult, Loader, OutputFile, Plugin, PluginBuild } from 'esbuild'
import { cut, entryUrls, fileOf, isPiece, isSource, moved, pieceId, pieceName } from './bundle.ts'
import type { Pieces } from './bundle.ts'
import type { SourceMap } from '../index.ts'
import { languageOf } from '../syntax/syntax.ts'

const NAMESPACE = 'fearless'
/** The folder, beside the outputs, of what threads load. */
const FOLDER = 'threads'
/** As long as the longest path that may stand in its place. */
const MARK = /"(fearless:(\d+):_+)"/g
const MARK_LENGTH = 250

export default function fearless(): Plugin {
  return { name: 'fearless', setup: build => setup(build, new Threads()) }
}

/** What threads load, in the order in which it was found: the numbers of the marks. */
class Threads {
  readonly pieces: Pieces = new Map()
  readonly #ids: string[] = []

  /** The expression for where a module will be. */
  reference(id: string): string {
    const at = this.#ids.includes(id) ? this.#ids.indexOf(id) : this.#ids.push(id) - 1
    return `new URL(${JSON.stringify(`fearless:${at}:`.padEnd(MARK_LENGTH, '_'))}, import.meta.url).href`
  }

  /** Another build begins, of files that may have changed. */
  clear(): void {
    this.pieces.clear()
    this.#ids.length = 0
  }

  get size(): number {
    return this.#ids.length
  }

  /** The entries of the second build, by the names of their outputs. */
  entries(): Record<string, string> {
    return Object.fromEntries(this.#ids.map((id, at) => [this.#output(at), id]))
  }

  #output(at: number): string {
    const id = this.#ids[at]
    return `${FOLDER}/${isPiece(id) ? `${at}-${pieceName(id)}` : basename(id, '.js')}`
  }

  /** Puts paths in the place of marks, relative to the file they are in. */
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
    throw new Error("Threads load modules of a bundle. Build with `bundle: true` and `format: 'esm'`.")
  }
  options.write = false
  build.onStart(() => threads.clear())
  load(build, threads, entryUrls(entriesOf(asked)))

  build.onEnd(async result => {
    if (result.errors.length > 0) return
    // What only threads reach may be wrong too.
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

/** The second build, until it finds nothing new. */
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
      // The first build has said it.
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

/** Reads files as the first build and the second do. */
function load(build: PluginBuild, threads: Threads, entries: ReadonlySet<string>): void {
  build.onResolve({ filter: /\?fl=/ }, ({ path }) => ({ path: pieceId(path), namespace: NAMESPACE }))
  build.onLoad({ filter: /\?fl=/, namespace: NAMESPACE }, ({ path }) => {
    const { code, map } = threads.pieces.get(path)!
    return { contents: withMap(code, map), loader: loaderOf(path), resolveDir: dirname(fileOf(path)) }
  })
  build.onLoad({ filter: /\.(?:[cm]?[jt]s|[jt]sx)$/ }, async ({ path }) => {
    const source = await readFile(path, 'utf8')
    if (!isSource(path)) {
      const own = moved(path, source, worker => threads.reference(worker))
      return own && { contents: withMap(own.code, own.map), loader: 'js' }
    }
    try {
      const reference = (url: string): string => threads.reference(pieceId(url))
      const found = cut(path, source, threads.pieces, { entries, reference })
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
