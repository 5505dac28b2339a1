/**
 * The plugin for Vite and tools built on it, such as Vitest.
 *
 *   import fearless from '@fearless/compiler/vite'
 *   export default { plugins: [fearless()], build: { target: 'esnext' } }
 *
 * A build uses the Rollup plugin. A development server makes no bundle:
 *
 * - For a page, it serves each closure as a module of its own beside its file. The library is not pre-bundled, because
 *   the page and its threads must load the same modules of it.
 * - For code that runs in Node (SSR, Vitest), a file registers the texts of its closures, as with the load hook, and a
 *   thread reads these texts and their imports from the disk.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { bracketed, isBracketed } from 'fearless/evaluation'
import {
  fileOf,
  isPiece,
  isSource,
  pieceId,
  registration,
  transformForBundle,
  warningOfMocks,
  withQueryOfLibrary,
} from './bundle.ts'
import type { ExtractedModules } from './bundle.ts'
import { type SourceMap, transform } from '../index.ts'
import { mentionsLibrary } from '../syntax/nesting.ts'
import { closurePlugin, type Context, type RollupPlugin } from './rollup.ts'
import { pathToFileURL } from 'node:url'

type Headers = Record<string, string>

interface UserConfig {
  readonly server?: { readonly headers?: Readonly<Record<string, unknown>> }
  readonly preview?: { readonly headers?: Readonly<Record<string, unknown>> }
}

export interface VitePlugin extends RollupPlugin {
  enforce: 'pre'
  config(config: UserConfig): object
  configResolved(config: {
    command: 'build' | 'serve'
    isWorker?: boolean
    plugins?: readonly { name: string }[]
  }): void
}

const COMPILER = import.meta.url.replace(/hosts\/vite(\.\w+)$/, 'transform$1')

/** A page has shared memory only with these headers. */
const ISOLATED: Headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

/** The module of Vite that loads the imports of a chunk early, and the condition under which it does. */
const PRELOADER = '\0vite/preload-helper.js'
const PRELOADS = /__VITE_IS_MODERN__ && deps &&/

export default function fearless(): VitePlugin {
  // Vite takes the first file of a worker's bundle for the worker. The files are sorted by name, so ours come last.
  const building = closurePlugin(name => (bundlesWorker ? `~${name}` : name))
  let bundlesWorker = false
  const texts = new Map<string, ReadonlyMap<string, string>>()
  const pieces: ExtractedModules = new Map()
  let serves = false
  /** Whether a page's code runs in Node all the same: Vitest simulates pages. */
  let simulatesPages = false

  const isPage = ({ environment }: Context): boolean => environment?.config?.consumer === 'client' && !simulatesPages

  function transformForPage(code: string, id: string): { code: string; map: SourceMap | null } | null {
    if (isPiece(id)) return null
    const path = fileOf(id.replace(/\?(?!fl=).*$/s, ''))
    if (!isSource(path)) {
      const own = withQueryOfLibrary(path, code)
      return own === undefined ? null : { code: own, map: null }
    }
    const hash = createHash('sha256').update(code).digest('hex').slice(0, 8)
    const found = transformForBundle(path, code, pieces, { reference: url => servedUrl(url, hash) })
    return found === undefined ? null : { code: found.code, map: found.map() }
  }

  return {
    ...building,
    enforce: 'pre',

    config({ server, preview }) {
      return {
        optimizeDeps: { exclude: ['fearless'] },
        worker: { format: 'es' },
        server: { headers: missing(ISOLATED, server?.headers) },
        preview: { headers: missing(ISOLATED, preview?.headers) },
      }
    },

    configResolved({ command, isWorker = false, plugins = [] }) {
      const has = (name: string): boolean => plugins.some(plugin => plugin.name === name)
      serves = command === 'serve'
      bundlesWorker = isWorker
      simulatesPages = has('vitest') && !has('vitest:browser')
    },

    resolveId: {
      order: 'pre',
      async handler(source, importer) {
        const suffix = source.endsWith(REGISTRATION)
          ? REGISTRATION
          : serves && isPage(this) && isPiece(source) && !source.startsWith('file:')
            ? source.slice(fileOf(source).length)
            : undefined
        if (suffix === undefined) return building.resolveId.handler.call(this, source, importer)
        // A browser requests a module by its url on the server, and a kept file names it relative to the server's root.
        const file = await this.resolve(source.slice(0, -suffix.length), importer, { skipSelf: true })
        return file && { id: file.id + suffix }
      },
    },

    load(id) {
      if (id.endsWith(REGISTRATION)) {
        const own = texts.get(id) ?? textsOf(id.slice(0, -REGISTRATION.length))
        return { code: registration(own, COMPILER), map: NO_MAP }
      }
      if (!serves || !isPiece(id)) return building.load(id)
      const piece = id.replace(/&.*$/s, '')
      // The server may have been started after the page was loaded.
      if (!pieces.has(piece)) transformForPage(readFileSync(fileOf(piece), 'utf8'), fileOf(piece))
      return pieces.get(piece) ?? null
    },

    transform: {
      order: 'pre',
      handler(code, id) {
        // A thread has no document. Its chunks are loaded when they are imported.
        if (id === PRELOADER)
          return { code: code.replace(PRELOADS, "$& typeof document !== 'undefined' &&"), map: null }
        if (!serves) return building.transform.handler.call(this, code, id)
        if (isPage(this)) return transformForPage(code, id)
        if (!isSource(id) || isPiece(id)) return null
        const url = pathToFileURL(id).href
        const found = mentionsLibrary(code) ? transform(url, code) : undefined
        // A thread marks the same file in the same way.
        if (found === undefined) return isBracketed(url, undefined) ? { code: bracketed(url, code), map: null } : null
        const registered = id + REGISTRATION
        texts.set(registered, found.texts)
        const warning = warningOfMocks(code, found.texts)
        if (warning !== undefined) this.warn(warning)
        return { code: `${found.code}\nimport ${JSON.stringify(registered)}\n`, map: found.map() }
      },
    },
  }
}

/** The query of the module that registers the texts of a file. */
const REGISTRATION = '?fl=texts'

/**
 * Returns the expression for a closure's module, which is served beside its file. The hash of the file makes a worker
 * load the module again after a change.
 */
function servedUrl(url: string, hash: string): string {
  const id = pieceId(url)
  const file = fileOf(id)
  const relative = `./${encodeURIComponent(basename(file))}${id.slice(file.length)}&h=${hash}`
  return `new URL(${JSON.stringify(relative)}, import.meta.url).href`
}

function missing(wanted: Headers, set: Readonly<Record<string, unknown>> = {}): Headers {
  const names = new Set(Object.keys(set).map(name => name.toLowerCase()))
  return Object.fromEntries(Object.entries(wanted).filter(([name]) => !names.has(name.toLowerCase())))
}

/** Returns the texts of a file whose transformed code a tool has kept from an earlier run, as Vitest does. */
function textsOf(path: string): ReadonlyMap<string, string> {
  return transform(pathToFileURL(path).href, readFileSync(path, 'utf8'))?.texts ?? new Map<string, string>()
}

const NO_MAP: SourceMap = { version: 3, sources: [], names: [], mappings: '' }
