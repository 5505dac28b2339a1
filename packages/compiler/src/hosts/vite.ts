/**
 * The plugin for Vite and what is built on it, Vitest among them.
 *
 *   import fearless from '@fearless/compiler/vite'
 *   export default { plugins: [fearless()], build: { ssr: 'app.ts', target: 'esnext' } }
 *
 * A build is Rollup's. A development server makes no bundle: there, as with the load hook, a file brings the texts of
 * its closures along, and a thread reads them and what they import from the disk.
 */
import { bracketed, isBracketed } from 'fearless/evaluation'
import { isPiece, isSource } from './bundle.ts'
import type { SourceMap } from '../index.ts'
import { transform } from '../index.ts'
import { mentionsLibrary } from '../syntax/mention.ts'
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

    load(id) {
      const own = texts.get(id)
      return own === undefined ? building.load(id) : { code: registration(own), map: NO_MAP }
    },

    transform: {
      order: 'pre',
      handler(code, id) {
        if (!serves) return building.transform.handler.call(this, code, id)
        if (!isSource(id) || isPiece(id)) return null
        const url = pathToFileURL(id).href
        const found = mentionsLibrary(code) ? transform(url, code) : undefined
        // As a thread marks the same file.
        if (found === undefined) return isBracketed(url, undefined) ? { code: bracketed(url, code), map: null } : null
        const registered = `${id}?fl=texts`
        texts.set(registered, found.texts)
        return { code: `${found.code}\nimport ${JSON.stringify(registered)}\n`, map: found.map() }
      },
    },
  }
}

const NO_MAP: SourceMap = { version: 3, sources: [], names: [], mappings: '' }

/** A module that tells this process what the load hook would know: the texts, and where the compiler is. */
function registration(texts: ReadonlyMap<string, string>): string {
  const entries = JSON.stringify([...texts])
  return `const known = (globalThis[Symbol.for('fearless.texts')] ??= new Map())
for (const [url, text] of ${entries}) known.set(url, text)
globalThis[Symbol.for('fearless.compiler')] ??= ${JSON.stringify(COMPILER)}
`
}
