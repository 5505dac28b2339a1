/**
 * The plugin for Vite and tools built on it, such as Vitest.
 *
 *   import fearless from '@fearless/compiler/vite'
 *   export default { plugins: [fearless()], build: { ssr: 'app.ts', target: 'esnext' } }
 *
 * A build uses the Rollup plugin. A development server makes no bundle. There a file registers the texts of its
 * closures, as with the load hook, and a thread reads these texts and their imports from the disk.
 */
import { bracketed, isBracketed } from 'fearless/evaluation'
import { isPiece, isSource } from './bundle.ts'
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
        // A thread marks the same file in the same way.
        if (found === undefined) return isBracketed(url, undefined) ? { code: bracketed(url, code), map: null } : null
        const registered = `${id}?fl=texts`
        texts.set(registered, found.texts)
        return { code: `${found.code}\nimport ${JSON.stringify(registered)}\n`, map: found.map() }
      },
    },
  }
}

const NO_MAP: SourceMap = { version: 3, sources: [], names: [], mappings: '' }

/** Returns a module that registers the texts and the compiler's url in this process, as the load hook does. */
function registration(texts: ReadonlyMap<string, string>): string {
  const entries = JSON.stringify([...texts])
  return `const known = (globalThis[Symbol.for('fearless.texts')] ??= new Map())
for (const [url, text] of ${entries}) known.set(url, text)
globalThis[Symbol.for('fearless.compiler')] ??= ${JSON.stringify(COMPILER)}
`
}
