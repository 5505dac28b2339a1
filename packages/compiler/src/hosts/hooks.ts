/**
 * The load hook for Node and Deno. It sees every file, and transforms few.
 *
 * The compiler is loaded with the first file that mentions 'fearless', never before. Threads of the library do not need
 * this hook: the runtime provides the texts they need, and finds the compiler by its url in a global. If a thread
 * inherits this hook through NODE_OPTIONS, the runtime's own hook comes first. A worker that the user started is
 * handled like any program.
 */
import nodeModule, { type LoadFnOutput, type LoadHookContext } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { bracketed, isBracketed } from 'fearless/evaluation'
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

type NextLoad = (url: string, context?: Partial<LoadHookContext>) => LoadFnOutput

const COMPILER = Symbol.for('fearless.compiler')
const TEXTS = Symbol.for('fearless.texts')
const shared = globalThis as { [COMPILER]?: string; [TEXTS]?: Map<string, string> }

/** Excludes `.tsx`: a program with such files has its own hook, which returns JavaScript. */
const TYPESCRIPT = /\.[cm]?ts(?:[?#]|$)/

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

  registerHooks({
    load(url, context, next) {
      if (!url.startsWith('file:') || own.some(folder => url.startsWith(folder))) return next(url, context)
      return TYPESCRIPT.test(url) ? loadTypeScript(url, context, next) : loadJavaScript(url, context, next)
    },
  })

  function loadJavaScript(url: string, context: LoadHookContext, next: NextLoad): LoadFnOutput {
    const loaded = next(url, context)
    const text = loaded.source
    // Deno does not report the format.
    if (!text || !/^(?:module|commonjs)$/.test(loaded.format ?? 'module')) return loaded
    if (loaded.format !== 'commonjs' && isOurs(text)) {
      const result = host.compiler().transformFile(url, decoded(text), options)
      if (result !== undefined) return { ...loaded, source: result.code }
    }
    return mark(url, loaded)
  }

  /** Reads the file here, because Node would refuse an enum before the compiler could rewrite it. */
  function loadTypeScript(url: string, context: LoadHookContext, next: NextLoad): LoadFnOutput {
    const bytes = readFileSync(fileURLToPath(url))
    const ours = isOurs(bytes)
    if (!ours && host.stripsTypes) return mark(url, next(url, context))
    const { transformFile, eraseTypes } = host.compiler()
    const text = bytes.toString()
    const code =
      (ours ? transformFile(url, text, options)?.code : undefined) ??
      (host.stripsTypes ? undefined : eraseTypes(url, text))
    if (code === undefined) return mark(url, next(url, context))
    return { format: !ours && url.endsWith('.cts') ? 'commonjs' : 'module', source: code, shortCircuit: true }
  }

  /** Marks the text of a file with the module that is evaluated, because a call in it may make a lock. */
  function mark(url: string, loaded: LoadFnOutput): LoadFnOutput {
    const { source, format } = loaded
    if (!source || url === entry || !isBracketed(url, format)) return loaded
    return { ...loaded, source: bracketed(url, decoded(source)) }
  }
}

type Text = NonNullable<LoadFnOutput['source']>

/** Bytes are searched before they are decoded, because most files do not mention the library. */
function isOurs(text: Text): boolean {
  return (typeof text === 'string' || bytesOf(text).includes('fearless')) && mentionsLibrary(decoded(text))
}

function decoded(text: Text): string {
  return typeof text === 'string' ? text : bytesOf(text).toString()
}

function bytesOf(text: Exclude<Text, string>): Buffer {
  return text instanceof ArrayBuffer ? Buffer.from(text) : Buffer.from(text.buffer, text.byteOffset, text.byteLength)
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
