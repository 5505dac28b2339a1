/**
 * The platform of Deno: Node's modules, but with hooks that cannot load the compiler themselves, stacks that go through
 * source maps, and a console that writes synchronously.
 *
 * All other properties are as in node.ts, in the same order.
 */
import type { ModuleHooks } from 'node:module'
import { watchLeftovers } from './leftovers.ts'
import { allocateMapped, importsFiles, platform as node, serveTexts } from './node.ts'
import type { Platform } from './platform.ts'

/**
 * An empty source map. Deno maps the stack of a hook's text by the map of the file on disk, which Deno has compiled
 * too. The lines of a closure are the file's own, and a map without mappings keeps them.
 */
const NO_MAP = `\n//# sourceMappingURL=data:application/json;base64,${btoa('{"version":3,"sources":[],"names":[],"mappings":""}')}\n`

let textOf: (url: string) => string | undefined = () => undefined
let serve: () => ModuleHooks
let hooks: ModuleHooks
let compiler: unknown
let loading: Promise<void> | undefined
/** The error that a hook has thrown, because Deno replaces it by a TypeError. */
let refusal: unknown

export const platform: Platform = {
  ...node,
  name: 'deno',
  eventLoop: undefined,
  // Deno clears every other buffer, which touches it.
  weigh: allocateMapped,
  // In Deno a worker ends a while after its `exit`, and its timers continue until then.
  leftovers: () => watchLeftovers(() => process.getActiveResourcesInfo().length, 'all'),
  // `process.hrtime` counts from the start of each thread in Deno. The wall clock is the only clock that threads share.
  steadyOrigin: performance.timeOrigin,
  // Deno reports a terminated worker as ended while its code still runs. The reaper would then complete the operations
  // of a live thread.
  startWorker: options => ({ ...node.startWorker(options), terminate() {} }),
  // In Deno, `process.exit()` sets the code to 0, as `process.exit(0)` does.
  failProcess() {
    process.exitCode ||= 1
  },
  async import(url) {
    if (importsFiles(url, textOf)) loading ??= loadCompiler()
    await loading
    refusal = undefined
    return import(url).catch((error: unknown) => Promise.reject((refusal ?? error) as Error))
  },
  // Only the compiler is required in this way, from inside a hook. It is already loaded then.
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
        compiler: {
          ...texts.compiler,
          compile: (url, text, leavesDecorators) => withoutMap(texts.compiler.compile(url, text, leavesDecorators)),
        },
      })
    hooks = serve()
  },
}

function withoutMap(text: string | undefined): string | undefined {
  return text === undefined ? undefined : text + NO_MAP
}

/** Loads the compiler without the load hook, because Deno loads no native module with a hook, and the parser is one. */
async function loadCompiler(): Promise<void> {
  const from = node.inheritance?.compiler
  if (from === undefined) return
  hooks.deregister()
  compiler = await import(from)
  hooks = serve()
}
