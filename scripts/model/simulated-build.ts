/**
 * Builds the simulated backend for the model checker: the shipped sources, bundled with `core/memory.simulated.ts` in
 * place of `core/memory.ts` (`model/simulated/layer-memory.ts` in the layers above the core), with
 * `platform/simulated.ts` as `#platform`, and with transform.ts applied to the layers above the core.
 *
 * A twin is such a build with a planted bug: an edit of one file's text. The build fails if that text is not in the
 * file.
 */
import { readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { rolldown, type Plugin } from 'rolldown'
import { analyse } from '../../packages/compiler/src/analysis/names.ts'
import { parse } from '../../packages/compiler/src/syntax/syntax.ts'
import { ScratchFolder } from '../scratch.ts'
import { withDeathPoints } from './death-points.ts'
import { transformLayer } from './transform.ts'

const root = resolve(import.meta.dirname, '../..')
const src = join(root, 'packages/fearless/src')

const LAYERS = /^(?:memory|wait|sync|channel|thread|par|task)\/|^core\/(?:index|shared-memory)\.ts$/
const CORE = /^core\/(?!index\.ts|shared-memory\.ts|memory)/
/** The engine is not bundled with the library: all builds run in the same simulated world. */
const ENGINE =
  /^model\/(?!harness\/|engine\/death\.ts$|simulated\/(?:globals|layer-memory|library|thread-variables)\.ts$)/

/** Replaces a text, which must occur exactly once, in a file of the library. */
export interface TextEdit {
  readonly file: string
  readonly from: string
  readonly to: string
}

/** Reductions of sizes that only cost time: a cache is filled with four blocks at a time instead of 64. */
export const SIZE_REDUCTIONS: readonly TextEdit[] = [
  { file: 'core/alloc.ts', from: 'return fits > 64 ? 64 :', to: 'return fits > 4 ? 4 :' },
]

/** The builds of this process. Their source maps are read until its end. */
let scratch: ScratchFolder | undefined
let builds = 0

/** Builds and imports a module of the library, with all modules that it imports, for the model checker. */
export async function buildSimulated<T>(entry: string, edits: readonly TextEdit[] = []): Promise<T> {
  const bundle = await rolldown({
    input: join(src, entry),
    external: id => id.startsWith('node:'),
    platform: 'neutral',
    treeshake: { moduleSideEffects: () => true },
    plugins: [modelPlugin([...SIZE_REDUCTIONS, ...edits], file => pathToFileURL(join(src, file)).href)],
    logLevel: 'silent',
  })
  try {
    scratch ??= new ScratchFolder()
    const file = scratch.at(`${builds++}.js`)
    await bundle.write({ file, format: 'esm', sourcemap: true, codeSplitting: false })
    return (await import(pathToFileURL(file).href)) as T
  } finally {
    await bundle.close()
  }
}

/** The names that a file uses and does not declare. */
function freeNames(file: string, code: string): ReadonlySet<string> {
  const parsed = parse(`file:///${file}`, code)
  if (parsed === undefined) throw new Error(`${file}: a twin does not parse`)
  const { references } = analyse(parsed.program)
  return new Set(references.filter(({ binding }) => binding === undefined).map(({ node }) => node.name as string))
}

/** The bundler plugin. `engine` maps a file of the engine to its import URL, or to undefined to bundle it. */
export function modelPlugin(edits: readonly TextEdit[], engine: (file: string) => string | undefined): Plugin {
  const left = new Set(edits)
  return {
    name: 'fearless-model',
    resolveId(specifier, importer) {
      if (specifier === '#platform') return join(src, 'platform/simulated.ts')
      if (importer === undefined || !specifier.startsWith('.')) return null
      const path = resolve(importer, '..', specifier)
      const file = relative(src, path)
      if (file === 'core/memory.ts') {
        const above = LAYERS.test(relative(src, importer))
        return join(src, above ? 'model/simulated/layer-memory.ts' : 'core/memory.simulated.ts')
      }
      if (!ENGINE.test(file)) return null
      const id = engine(file)
      return id === undefined ? null : { id, external: true }
    },
    load(path) {
      const file = relative(src, path)
      if (!file.endsWith('.ts') || file.startsWith('..')) return null
      let code = readFileSync(path, 'utf8')
      for (const edit of edits) {
        if (edit.file !== file) continue
        if (code.split(edit.from).length !== 2) {
          throw new Error(
            `${file}: a twin's text must occur once, got ${code.split(edit.from).length - 1} times:\n${edit.from}`,
          )
        }
        const edited = code.replace(edit.from, () => edit.to)
        const known = freeNames(file, code)
        const unknown = [...freeNames(file, edited)].filter(name => !known.has(name) && !(name in globalThis))
        // The points of death of the file may be named: `withDeathPoints` imports their function.
        if (unknown.some(name => name !== 'deathPoint')) {
          throw new Error(`${file}: a twin uses ${unknown.join(', ')}, which the file does not declare`)
        }
        code = edited
        left.delete(edit)
      }
      // The source map has the inserted text, so the import must not name a folder of the machine that builds.
      if (CORE.test(file)) return { code: withDeathPoints(file, code, '../model/engine/death.ts'), moduleType: 'ts' }
      if (!LAYERS.test(file)) return { code, moduleType: 'ts' }
      const transformed = transformLayer(
        file,
        code,
        join(src, 'model/simulated/globals.ts'),
        join(src, 'model/simulated/thread-variables.ts'),
      )
      return { code: transformed.code, map: transformed.map.toString(), moduleType: 'ts' }
    },
    buildEnd(error) {
      if (error !== undefined) return
      for (const edit of left)
        throw new Error(
          `A twin edited ${edit.file}, which is not in the bundle. Import it from the entry of the model.`,
        )
    },
  }
}
