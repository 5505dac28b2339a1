/**
 * The plugin for Vite and tools built on it, such as Vitest.
 *
 *   import fearless from '@fearless/compiler/vite'
 *   export default { plugins: [fearless()], build: { ssr: 'app.ts', target: 'esnext' } }
 *
 * A build uses the Rollup plugin. A development server makes no bundle. There a file registers the texts of its
 * closures, as with the load hook, and a thread reads these texts and their imports from the disk.
 */
import { readFileSync } from 'node:fs'
import { bracketed, isBracketed } from 'fearless/evaluation'
import { isPiece, isSource, registration, warningOfMocks } from './bundle.ts'
import { type SourceMap, transform } from '../index.ts'
import { mentionsLibrary } from '../syntax/nesting.ts'
import rollup, { type RollupPlugin } from './rollup.ts'
import { pathToFileURL } from 'node:url'

export interface VitePlugin extends RollupPlugin {
  enforce: 'pre'
  configResolved(config: { command: 'build' | 'serve' }): void
}

const COMPILER = import.meta.url.replace(/hosts\/vite(\.\w+)$/, 'transform$1')

export default function fearless(): VitePlugin {
  const building = rollup()
  const texts = new Map<string, ReadonlyMap<string, string>>()
  let serves = false

  return {
    ...building,
    enforce: 'pre',

    configResolved({ command }) {
      serves = command === 'serve'
    },

    resolveId: {
      order: 'pre',
      handler(source, importer) {
        if (!source.endsWith(REGISTRATION)) return building.resolveId.handler.call(this, source, importer)
        // A kept file names the module relative to the root of the server.
        return this.resolve(source.slice(0, -REGISTRATION.length), importer, { skipSelf: true }).then(
          file => file && { id: file.id + REGISTRATION },
        )
      },
    },

    load(id) {
      if (!id.endsWith(REGISTRATION)) return building.load(id)
      return { code: registration(texts.get(id) ?? textsOf(id.slice(0, -REGISTRATION.length)), COMPILER), map: NO_MAP }
    },

    transform: {
      order: 'pre',
      handler(code, id) {
        if (!serves) return building.transform.handler.call(this, code, id)
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

/** Returns the texts of a file whose transformed code a tool has kept from an earlier run, as Vitest does. */
function textsOf(path: string): ReadonlyMap<string, string> {
  return transform(pathToFileURL(path).href, readFileSync(path, 'utf8'))?.texts ?? new Map<string, string>()
}

const NO_MAP: SourceMap = { version: 3, sources: [], names: [], mappings: '' }
