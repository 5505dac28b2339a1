/**
 * The load hook for Node and Deno. It sees every file, and transforms few.
 *
 * The compiler is loaded with the first file that mentions 'fearless', never before. Threads of the library do not need
 * this hook: the runtime provides the texts they need, and finds the compiler by its url in a global. If a thread
 * inherits this hook through NODE_OPTIONS, the runtime's own hook comes first. A worker that the user started is
 * handled like any program.
 */
import nodeModule from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { loadFile, type FileCompiler } from 'fearless/load'
import { mentionsLibrary } from '../syntax/nesting.ts'

// Not imported: an import of node:fs loads all of it, streams included, to have names to export. Saves 6 ms a process.
const { readFileSync, realpathSync } = process.getBuiltinModule('node:fs')

export type Compiler = typeof import('../transform.ts')

export interface Host {
  compiler(): Compiler
  /** The url of the module that `compiler` returns. */
  url: string
  /** True if the runtime runs TypeScript itself. */
  stripsTypes: boolean
}

const COMPILER = Symbol.for('fearless.compiler')
const TEXTS = Symbol.for('fearless.texts')
const shared = globalThis as { [COMPILER]?: string; [TEXTS]?: Map<string, string> }

export function installHooks(host: Host): void {
  // Read when needed: an import of a name that an old Node does not have is a SyntaxError.
  const registerHooks = nodeModule.registerHooks as typeof nodeModule.registerHooks | undefined
  if (registerHooks === undefined) {
    console.error(`fearless: Node 22.15 or newer is needed, got Node ${process.versions.node}. Install a newer Node.`)
    process.exit(1)
  }
  if (shared[COMPILER] !== undefined) return
  shared[COMPILER] = host.url
  shared[TEXTS] ??= new Map()
  const entry = entryUrl()
  const options = { globals: globalThis, ...(entry !== undefined && { entries: new Set([entry]) }) }
  // The compiler and the library mention 'fearless' themselves. While they are loaded, the compiler is not available
  // yet.
  const own = [new URL('.', host.url).href, libraryFolder()]

  const compiler: FileCompiler = {
    stripsTypes: host.stripsTypes,
    certain: true,
    isUnmarked: url => url === entry,
    compile: (url, text, leavesDecorators) =>
      mentionsLibrary(text)
        ? host.compiler().transformFile(url, text, { ...options, leavesDecorators })?.code
        : undefined,
    eraseTypes: (url, text) => host.compiler().eraseTypes(url, text),
  }

  registerHooks({
    load(url, context, next) {
      if (!url.startsWith('file:') || own.some(folder => url.startsWith(folder))) return next(url, context)
      return loadFile(url, context, next, compiler, () => readFileSync(fileURLToPath(url)))
    },
  })
}

function libraryFolder(): string {
  try {
    return new URL('./dist/', import.meta.resolve('fearless/package.json')).href
  } catch {
    return new URL('../', import.meta.url).href
  }
}

function entryUrl(): string | undefined {
  try {
    return pathToFileURL(realpathSync(process.argv[1])).href
  } catch {
    return undefined
  }
}
