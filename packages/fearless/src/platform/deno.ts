/**
 * Deno: Node's modules, but hooks that cannot load the compiler themselves, stacks that go through source maps, and a
 * console that writes at once by itself.
 *
 * Everything else is as in node.ts, in the same order.
 */
import type { ModuleHooks } from 'node:module'
import { watchLeftovers } from './leftovers.ts'
import { mapped, platform as node, serveTexts } from './node.ts'
import type { Platform } from './platform.ts'

/**
 * Deno maps the stack of what a hook gives by the map of the file on disk, which it has compiled too. The lines of a
 * closure are the file's own: a map without mappings leaves them as they are.
 */
const NO_MAP = `\n//# sourceMappingURL=data:application/json;base64,${btoa('{"version":3,"sources":[],"names":[],"mappings":""}')}\n`

/** An import of a file that may mention the library; the library's own modules and builtin ones do not. */
const IMPORTS_FILE = /\b(?:from|import)\s*(?:"(?!node:|fearless["/]|[^"]*\?fl=)|'(?!node:|fearless['/]|[^']*\?fl=)|\()/

let textOf: (url: string) => string | undefined = () => undefined
let serve: () => ModuleHooks
let hooks: ModuleHooks
let compiler: unknown
let loading: Promise<void> | undefined
/** What a hook has thrown: Deno makes a TypeError of it. */
let refusal: unknown

export const platform: Platform = {
  ...node,
  name: 'deno',
  eventLoop: undefined,
  // It clears every other buffer, which touches it.
  weigh: mapped,
  // A worker ends a while after its `exit`, and its timers go on.
  leftovers: () => watchLeftovers(() => process.getActiveResourcesInfo().length, 'all'),
  // Here `process.hrtime` counts from the beginning of each thread: the time of day is all that threads have in common.
  steadyOrigin: performance.timeOrigin,
  // Deno says that a terminated worker has ended while its code runs on: the reaper would settle a living thread.
  startWorker: options => ({ ...node.startWorker(options), terminate() {} }),
  // `process.exit()` sets the code to 0 in Deno, as `process.exit(0)` does.
  failProcess() {
    process.exitCode ||= 1
  },
  async import(url) {
    const texts = [textOf(url), textOf(url.replace(/\?fl=\d+$/, '?fl=lib'))]
    if (texts.some(text => text !== undefined && IMPORTS_FILE.test(text))) loading ??= loadCompiler()
    await loading
    refusal = undefined
    return import(url).catch((error: unknown) => Promise.reject((refusal ?? error) as Error))
  },
  // Only the compiler is asked for so, from inside of a hook: it is there already.
  require: () => compiler,
  printAtOnce() {},
  serveTexts(texts) {
    textOf = url => texts.find(url)
    serve = () =>
      serveTexts({
        ...texts,
        refuseEntry(chain) {
          try {
            return texts.refuseEntry(chain)
          } catch (error) {
            refusal = error
            throw error
          }
        },
        find: url => withoutMap(texts.find(url)),
        transform(url, source) {
          const code = withoutMap(texts.transform(url, source)?.code)
          return code === undefined ? undefined : { code }
        },
      })
    hooks = serve()
  },
}

function withoutMap(text: string | undefined): string | undefined {
  return text === undefined ? undefined : text + NO_MAP
}

/** While a load hook is there Deno loads no native module, and the parser is one. */
async function loadCompiler(): Promise<void> {
  const from = node.inheritance?.compiler
  if (from === undefined) return
  hooks.deregister()
  compiler = await import(from)
  hooks = serve()
}
