/** The Bun plugin: `bun --preload @fearless/compiler/bun app.ts`. */
import { readFileSync, realpathSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { bracketed, isBracketed } from 'fearless/evaluation'
import { mentionsLibrary } from '../syntax/nesting.ts'
import { languageOf } from '../syntax/syntax.ts'
import { transformFile, type TransformOptions } from '../transform.ts'

interface Bun {
  plugin(plugin: { name: string; setup(build: Build): void }): void
  main: string
}

interface Build {
  onLoad(filter: { filter: RegExp }, load: (file: { path: string }) => { contents: string; loader: string }): void
}

const COMPILER = Symbol.for('fearless.compiler')
const shared = globalThis as { Bun?: Bun; [COMPILER]?: string }
const bun = shared.Bun

if (bun !== undefined && shared[COMPILER] === undefined) {
  shared[COMPILER] = import.meta.url.replace(/hosts\/bun(\.\w+)$/, 'transform$1')
  bun.plugin({
    name: 'fearless',
    setup(build) {
      // Bun calls a plugin only for paths that match, and the plugin must then return the contents.
      build.onLoad({ filter: /^(?!.*[\\/]node_modules[\\/]).*\.(?:[cm]?ts|tsx|jsx|m?js)$/ }, ({ path }) => {
        const source = readFileSync(path, 'utf8')
        const { href } = pathToFileURL(path)
        const options = entry()
        const result = mentionsLibrary(source) ? transformFile(href, source, options) : undefined
        const language = languageOf(path)!
        if (result) return { contents: result.code, loader: language === 'ts' ? 'js' : 'jsx' }
        const marked = isBracketed(href, undefined) && options.entries?.has(href) !== true
        return { contents: marked ? bracketed(href, source) : source, loader: language }
      })
    },
  })
}

function entry(): TransformOptions {
  try {
    return { globals: globalThis, entries: new Set([pathToFileURL(realpathSync(bun!.main)).href]) }
  } catch {
    return { globals: globalThis }
  }
}
