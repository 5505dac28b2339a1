/**
 * Bun: Node's modules, but plugins instead of module hooks, and file urls that lose their query.
 *
 * Everything else is as in node.ts, in the same order.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { bracketed, isBracketed } from './evaluation.ts'
import { watchLeftovers } from './leftovers.ts'
import { isEntry, mapped, platform as node, writeAtOnce } from './node.ts'
import type { Platform, Texts } from './platform.ts'

interface Build {
  onLoad(of: { filter: RegExp }, load: (file: { path: string }) => { contents: string; loader: string }): void
}

declare const Bun: { plugin(plugin: { name: string; setup(build: Build): void }): void }

export const platform: Platform = {
  ...node,
  name: 'bun',
  eventLoop: undefined,
  // Its collector leaves alone what the running job has made.
  collectNow: undefined,
  weigh: mapped,
  // It does not say what is open.
  leftovers: () => watchLeftovers(() => 0, 'all'),
  // Here `process.hrtime` counts from the beginning of each thread: the time of day is all that threads have in common.
  steadyOrigin: performance.timeOrigin,
  import: url => import(pathWithQuery(url)),
  printAtOnce() {
    writeAtOnce(process.stdout, 1)
    writeAtOnce(process.stderr, 2)
  },
  serveTexts,
}

/** A plugin is asked for paths with their query, but not for urls with one. */
function pathWithQuery(url: string): string {
  return url.startsWith('file:') ? fileURLToPath(url) + new URL(url).search : url
}

function serveTexts({ find, transform, certain, entry, refuseEntry }: Texts): void {
  Bun.plugin({
    name: 'fearless',
    setup(build) {
      build.onLoad({ filter: /\?fl=/ }, ({ path }) => {
        const [file, which] = path.split('?fl=')
        const { href } = pathToFileURL(file)
        const [url, library] = [JSON.stringify(`${href}?fl=lib`), JSON.stringify(`${file}?fl=lib`)]
        return { contents: find(`${href}?fl=${which}`)!.replaceAll(url, library), loader: 'js' }
      })
      // Who is asked must answer: the file as it is, if it is none of the compiler's business.
      build.onLoad({ filter: /^(?!.*[\\/]node_modules[\\/])[^?]*\.(?:[cm]?ts|tsx|jsx|m?js)$/ }, ({ path }) => {
        const source = readFileSync(path, 'utf8')
        const language = /[jt]sx?$/.exec(path)![0]
        const { href } = pathToFileURL(path)
        if (entry !== undefined && isEntry(href, entry)) refuseEntry([href])
        const transformed = transform(href, source)
        if (transformed === undefined) {
          return {
            contents: isBracketed(href, undefined) ? bracketed(href, source, certain) : source,
            loader: language,
          }
        }
        return { contents: transformed.code, loader: language.replace('t', 'j') }
      })
    },
  })
}
