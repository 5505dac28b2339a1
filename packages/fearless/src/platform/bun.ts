/**
 * The platform of Bun: Node's modules, but with plugins instead of module hooks, and file URLs that lose their query.
 *
 * All other properties are as in node.ts, in the same order.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { bracketed, isBracketed } from './evaluation.ts'
import { watchLeftovers } from './leftovers.ts'
import { isEntry, allocateMapped, platform as node, writeAtOnce } from './node.ts'
import type { Platform, ModuleTexts } from './platform.ts'

interface Build {
  onLoad(of: { filter: RegExp }, load: (file: { path: string }) => { contents: string; loader: string }): void
}

declare const Bun: { plugin(plugin: { name: string; setup(build: Build): void }): void }

export const platform: Platform = {
  ...node,
  name: 'bun',
  eventLoop: undefined,
  // Bun's collector keeps the objects that the running job has created.
  collectNow: undefined,
  weigh: allocateMapped,
  // Bun does not list open resources.
  leftovers: () => watchLeftovers(() => 0, 'all'),
  // `process.hrtime` counts from the start of each thread in Bun. The wall clock is the only clock that threads share.
  steadyOrigin: performance.timeOrigin,
  import: url => import(pathWithQuery(url)),
  printAtOnce() {
    writeAtOnce(process.stdout, 1)
    writeAtOnce(process.stderr, 2)
  },
  serveTexts,
}

/** A plugin gets paths with their query, but no URLs with a query. */
function pathWithQuery(url: string): string {
  return url.startsWith('file:') ? fileURLToPath(url) + new URL(url).search : url
}

function serveTexts({ find, compiler, entry, refuseEntry }: ModuleTexts): void {
  Bun.plugin({
    name: 'fearless',
    setup(build) {
      build.onLoad({ filter: /\?fl=/ }, ({ path }) => {
        const [file, which] = path.split('?fl=')
        const { href } = pathToFileURL(file)
        const [url, library] = [JSON.stringify(`${href}?fl=lib`), JSON.stringify(`${file}?fl=lib`)]
        return { contents: find(`${href}?fl=${which}`)!.replaceAll(url, library), loader: 'js' }
      })
      // A plugin must return a text, so it returns an unchanged file if the compiler does not transform it.
      build.onLoad({ filter: /^(?!.*[\\/]node_modules[\\/])[^?]*\.(?:[cm]?ts|tsx|jsx|m?js)$/ }, ({ path }) => {
        const source = readFileSync(path, 'utf8')
        const language = /[jt]sx?$/.exec(path)![0]
        const { href } = pathToFileURL(path)
        if (entry !== undefined && isEntry(href, entry)) refuseEntry([href])
        const compiled = compiler.compile(href, source, false)
        if (compiled === undefined) {
          return {
            contents: isBracketed(href, undefined) ? bracketed(href, source, compiler.certain) : source,
            loader: language,
          }
        }
        return { contents: compiled, loader: language.replace('t', 'j') }
      })
    },
  })
}
