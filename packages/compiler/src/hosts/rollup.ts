/**
 * The plugin for Rollup and Rolldown.
 *
 *   import fearless from '@fearless/compiler/rolldown'
 *   export default { input: 'app.ts', platform: 'node', plugins: [fearless()] }
 *
 * It must come before plugins that remove types, because the compiler needs the original text.
 */
import {
  transformForBundle,
  COMMONJS_URL,
  entryUrls,
  fileOf,
  isPiece,
  isSource,
  relocatedLibraryModule,
  pieceId,
  pieceName,
} from './bundle.ts'
import type { ExtractedModules } from './bundle.ts'
import { ConfigError } from '../config.ts'
import type { SourceMap } from '../index.ts'

/** The common part of the plugin contexts of Rollup, Rolldown and Vite, as far as it is used here. */
export interface Context {
  warn(message: string): void
  emitFile(chunk: { type: 'chunk'; id: string; name: string; preserveSignature: 'strict' | false }): string
  resolve(
    source: string,
    importer?: string,
    options?: { skipSelf?: boolean; isEntry?: boolean },
  ): Promise<{ id: string; external?: External } | null>
  /** The environment for which Vite transforms. Absent in Rollup and Rolldown. */
  readonly environment?: { readonly config?: { readonly consumer?: 'client' | 'server' } }
}

type External = boolean | 'absolute' | 'relative'

type MaybePromise<T> = T | Promise<T>

export interface RollupPlugin {
  name: 'fearless'
  buildStart(this: Context, options: { input?: string | string[] | Record<string, string> }): Promise<void>
  resolveId: {
    order: 'pre'
    handler(
      this: Context,
      source: string,
      importer: string | undefined,
    ): MaybePromise<{ id: string; external?: External } | string | null>
  }
  renderStart(output: { format?: string }): void
  load(id: string): { code: string; map: SourceMap } | null
  resolveFileUrl(file: { referenceId: string; relativePath: string; format: string }): string | null
  transform: {
    order: 'pre'
    handler(this: Context, code: string, id: string): { code: string; map: SourceMap | null } | null
  }
}

const isModule = (format: string): boolean => format === 'es' || format === 'esm' || format === 'module'

const isCommonJs = (format: string): boolean => format === 'cjs' || format === 'commonjs'

export default function fearless(): RollupPlugin {
  return closurePlugin(name => name)
}

/** Returns the plugin. `nameOf` returns the name of the output for an entry that the plugin adds. */
export function closurePlugin(nameOf: (name: string) => string): RollupPlugin {
  const pieces: ExtractedModules = new Map()
  const references = new Set<string>()
  let entries = new Set<string>()

  /** Adds an entry to the bundle. Returns the expression for its location. */
  function emit(context: Context, id: string, name: string, preserveSignature: 'strict' | false): string {
    const reference = context.emitFile({ type: 'chunk', id, name: nameOf(name), preserveSignature })
    references.add(reference)
    return `import.meta.ROLLUP_FILE_URL_${reference}`
  }

  return {
    name: 'fearless',

    async buildStart({ input = [] }) {
      const inputs = typeof input === 'string' ? [input] : Object.values(input)
      const found = await Promise.all(inputs.map(each => this.resolve(each, undefined, { isEntry: true })))
      entries = entryUrls(found.flatMap(each => (each === null ? [] : [each.id])))
    },

    resolveId: {
      order: 'pre',
      async handler(source, importer) {
        if (isPiece(source)) return pieceId(source)
        // The library has one copy: a program that leaves it out of the bundle leaves out all of its modules.
        if (source.startsWith('fearless/') && (await this.resolve('fearless', importer, { skipSelf: true }))?.external)
          return { id: source, external: true }
        return importer !== undefined && isPiece(importer)
          ? this.resolve(source, fileOf(importer), { skipSelf: true })
          : null
      },
    },

    load: id => pieces.get(id) ?? null,

    renderStart({ format = 'es' }) {
      if (references.size === 0 || isModule(format) || isCommonJs(format)) return
      throw new ConfigError(
        "A bundle with threads must have the format of modules. Write it with `format: 'es'` or `'cjs'`.",
      )
    },

    /** Resolves relative to the chunk. Vite would return a path on its server. */
    resolveFileUrl: ({ referenceId, relativePath, format }) =>
      references.has(referenceId)
        ? `new URL(${JSON.stringify(relativePath)}, ${isModule(format) ? 'import.meta.url' : COMMONJS_URL}).href`
        : null,

    transform: {
      order: 'pre',
      handler(code, id) {
        if (!isSource(id))
          return relocatedLibraryModule(id, code, worker => emit(this, worker, 'fearless-worker', false)) ?? null
        const reference = (url: string): string => emit(this, pieceId(url), pieceName(url), 'strict')
        const found = transformForBundle(id, code, pieces, { entries, reference })
        return found === undefined ? null : { code: found.code, map: found.map() }
      },
    },
  }
}
