/** The platform of Node: worker_threads, file descriptors, module hooks. */
import type { ModuleHooks } from 'node:module'
import type { MessagePort } from 'node:worker_threads'
import { bracketed, isBracketed } from './evaluation.ts'
import { files } from './files.ts'
import { watchLeftovers } from './leftovers.ts'
import { truncate, describe } from '../describe.ts'
import { EnvironmentError } from '../errors.ts'
import type { AsyncContext, WorkerData, Platform, Port, StartedWorker, ModuleTexts, WorkerOptions } from './platform.ts'

// Not imported, because an import of node:fs loads all of it, streams included, for its export names. Saves 6 ms a
// thread.
const { MessageChannel, Worker, isMainThread, parentPort, workerData } = process.getBuiltinModule('node:worker_threads')
const { readFileSync, realpathSync, writeFileSync, writeSync } = process.getBuiltinModule('node:fs')
const { availableParallelism } = process.getBuiltinModule('node:os')
const { inspect } = process.getBuiltinModule('node:util')
const { fileURLToPath, pathToFileURL } = process.getBuiltinModule('node:url')
const nodeModule = process.getBuiltinModule('node:module')

const born = (isMainThread ? undefined : (workerData as { fearless?: RawInheritance } | null)?.fearless) ?? undefined

type RawInheritance = Omit<WorkerData, 'supervisor'> & { readonly supervisor: MessagePort | undefined }

export const platform: Platform = {
  name: 'node',
  inheritance: born && { ...born, supervisor: born.supervisor && openPort(born.supervisor) },
  mayBlock: true,
  pools: true,
  setting: name => process.env[name],
  steadyOrigin: steadyNow() - performance.now(),
  parallelism: () => availableParallelism(),
  startWorker,
  workersOfMain: true,
  ports() {
    const { port1, port2 } = new MessageChannel()
    return [port1, port2]
  },
  openPort: raw => openPort(raw as MessagePort),
  listenToStarter(onMessage) {
    parentPort!.on('message', onMessage)
  },
  postToStarter: message => parentPort!.postMessage(message),
  stayAlive,
  collectNow,
  weigh,
  eventLoop: {
    later: (f, ms) => void setTimeout(f, ms).unref(),
    beforeEnd(f) {
      process.prependListener('beforeExit', f)
    },
    mayBeSignalled: () => process.eventNames().some(event => typeof event === 'string' && event.startsWith('SIG')),
    collectGarbage,
  },
  onExit(f) {
    process.on('exit', f)
  },
  watchRunDry() {
    let ranDry = false
    process.on('beforeExit', () => {
      ranDry = true
      // Another listener may have started more work.
      setTimeout(() => (ranDry = false), 0).unref()
    })
    return () => ranDry
  },
  failProcess() {
    process.exitCode ??= 1
  },
  onUncaught(f) {
    for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
      process.on(event, (error: unknown) => {
        if (process.listenerCount(event) === 1) f(error)
      })
    }
  },
  leftovers: () => watchLeftovers(() => process.getActiveResourcesInfo().length, 'unreferenced'),
  import: url => import(url),
  require: url => nodeModule.createRequire(import.meta.url)(fileURLToPath(url)),
  nameThread,
  exit: () => process.exit(),
  asyncContext,
  isListenedTo: signal => process.getBuiltinModule('node:events').getEventListeners(signal, 'abort').length > 0,
  turn: () => new Promise(resolve => void setImmediate(resolve)),
  printError: text => writeAll(2, text),
  show,
  printAtOnce,
  entry,
  files,
  serveTexts,
}

/**
 * Returns a monotonic time. `performance.timeOrigin` is not used, because the wall clock may have been set since then.
 */
function steadyNow(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e3 + nanoseconds / 1e6
}

function openPort(port: MessagePort): Port {
  return {
    post: (message, transfer) => port.postMessage(message, transfer as never),
    listen(onMessage, onClose) {
      port.on('message', onMessage)
      port.on('close', onClose)
      port.unref()
    },
  }
}

/** Bun and Deno use this file, but resolve modules in other ways. */
const isNode = process.versions['bun'] === undefined && process.versions['deno'] === undefined

/** States of a worker's load. */
const LOADED = 1
const LOAD_FAILED = 2

/**
 * The first code of a worker: it loads the library and stores how that went in the words of `StartedLoad`. It imports
 * nothing of the library, whose files may be missing or damaged, and tells also a starter that blocks and so receives
 * no event. A worker that starts from this text boots as fast as one that starts from a file.
 */
const BOOT = `const { workerData } = require('node:worker_threads')
const { words, url, maps } = workerData.load
if (maps) process.setSourceMapsEnabled(true)
function fail(reason) {
  const text = new TextEncoder().encode(String(reason)).subarray(0, words.byteLength - 8)
  new Uint8Array(words.buffer).set(text, 8)
  words[1] = text.length
  Atomics.store(words, 0, ${LOAD_FAILED})
}
const exits = () => fail('it ended while it booted')
process.on('exit', exits)
import(url).finally(() => process.off('exit', exits)).then(() => Atomics.store(words, 0, ${LOADED}), error => {
  fail(error)
  throw error
})`

/** How the load of a worker's first module went: a state, the length of the error's text, and the text. */
class StartedLoad {
  readonly words = new Int32Array(new SharedArrayBuffer(1024))
  readonly url: string

  constructor(url: string) {
    this.url = url
  }

  poll(): boolean | Error {
    const state = Atomics.load(this.words, 0)
    if (state !== LOAD_FAILED) return state === LOADED
    // Copied, because a decoder refuses shared memory.
    const text = new Uint8Array(this.words.buffer).slice(8, 8 + this.words[1]!)
    return new Error(new TextDecoder().decode(text))
  }

  /** Ends the load of a worker that has ended. */
  end(): void {
    Atomics.compareExchange(this.words, 0, 0, LOAD_FAILED)
  }
}

function startWorker(options: WorkerOptions): StartedWorker {
  if (isNode && (nodeModule as { registerHooks?: unknown }).registerHooks === undefined) {
    throw new EnvironmentError(
      `Threads need Node 22.15 or newer, got Node ${process.versions.node}. Install a newer Node.`,
    )
  }
  const { stackSizeMb, heapSizeMb, inheritance } = options
  const load = new StartedLoad(new URL('../thread/pool/entry.js', import.meta.url).href)
  const worker = new Worker(BOOT, {
    eval: true,
    name: options.name,
    workerData: { fearless: inheritance, load: { words: load.words, url: load.url, maps: process.sourceMapsEnabled } },
    transferList: inheritance.supervisor === undefined ? [] : [inheritance.supervisor as MessagePort],
    // The program's preloads are for its main thread. The library's own hook serves a worker, which boots twice as
    // fast.
    execArgv: [],
    resourceLimits: {
      ...(stackSizeMb > 0 && { stackSizeMb }),
      ...(heapSizeMb > 0 && { maxOldGenerationSizeMb: heapSizeMb }),
    },
  })
  let reason: string | undefined
  worker.on('error', error => {
    reason =
      (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'it ran out of memory' : String(error)
  })
  worker.on('exit', () => {
    load.end()
    options.onEnd(reason)
  })
  if (options.onMessage !== undefined) worker.on('message', options.onMessage)
  worker.unref()
  return {
    terminate: () => void worker.terminate(),
    pollLoad: () => load.poll(),
    post: (message, transfer) => worker.postMessage(message, transfer as never),
  }
}

function asyncContext<T>(): AsyncContext<T> {
  const { AsyncLocalStorage } = process.getBuiltinModule('node:async_hooks')
  const storage = new AsyncLocalStorage<T | undefined>()
  return { run: (value, f) => storage.run(value, f), get: () => storage.getStore() }
}

/** Where the operating system names threads, a thread writes its own name to this file. */
const OWN_NAME = '/proc/thread-self/comm'

function nameThread(name: string): void {
  try {
    writeFileSync(OWN_NAME, name)
  } catch {
    // The system has no such file.
  }
  const threads = process.getBuiltinModule('node:worker_threads') as { threadName?: string }
  if (threads.threadName === undefined) return
  try {
    threads.threadName = name
    nodeModule.syncBuiltinESMExports()
  } catch {
    // The runtime does not permit a change of the name.
  }
}

let alive: NodeJS.Timeout | undefined

/** Keeps Node alive by a timer that never fires, because a pending wait on shared memory does not. */
function stayAlive(on: boolean): void {
  alive ??= setInterval(() => {}, 0x7fff_ffff)
  if (on) alive.ref()
  else alive.unref()
}

/** Returns the text that the console prints for a value, within a limit and without running code of the program. */
function show(value: unknown): string {
  try {
    return truncate(inspect(value, { customInspect: false, maxStringLength: LONGEST_SHOWN }), LONGEST_SHOWN)
  } catch {
    return describe(value)
  }
}

/** Limit of a shown value, in characters. */
const LONGEST_SHOWN = 20_000

let collect: (() => void) | undefined

/**
 * Returns the garbage collector. V8 accepts the flag that exposes it at any time, but only a new context reads the
 * flag.
 */
function collector(): () => void {
  if (collect === undefined) {
    process.getBuiltinModule('node:v8').setFlagsFromString('--expose-gc')
    collect = process.getBuiltinModule('node:vm').runInNewContext('gc') as () => void
  }
  return collect
}

function collectGarbage(): void {
  collector()()
  // Finalizers run in a separate turn of the event loop.
  setImmediate(() => void setImmediate(() => {}))
}

let endJob: (() => void) | undefined

/**
 * Collects also targets of WeakRefs that the running job has created or read. V8 keeps those alive until it has run the
 * microtasks of any queue, and a context may have a queue of its own, which is empty.
 */
function collectNow(): void {
  if (endJob === undefined) {
    const vm = process.getBuiltinModule('node:vm')
    const context = vm.createContext({}, { microtaskMode: 'afterEvaluate' })
    const nothing = new vm.Script('')
    endJob = () => void nothing.runInContext(context)
  }
  endJob()
  collector()()
}

/** Allocates without clearing, so without touching: 1 us for 8 MB. A resizable buffer, which is mapped, takes 15 us. */
function weigh(bytes: number): ArrayBuffer | undefined {
  try {
    return Buffer.allocUnsafeSlow(bytes).buffer as ArrayBuffer
  } catch {
    return undefined
  }
}

/** Maps memory, which is then clear but not touched. For runtimes that clear every other buffer. */
export function allocateMapped(bytes: number): ArrayBuffer | undefined {
  try {
    return new ArrayBuffer(bytes, { maxByteLength: bytes })
  } catch {
    return undefined
  }
}

/** Writes the whole text to a file descriptor. Tries again while a pipe is full. */
function writeAll(descriptor: number, text: string | Uint8Array): void {
  let bytes = typeof text === 'string' ? Buffer.from(text) : text
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(descriptor, bytes))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EPIPE') return
      if (code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}

function printAtOnce(): void {
  for (const [name, descriptor] of [
    ['stdout', 1],
    ['stderr', 2],
  ] as const) {
    const original = Object.getOwnPropertyDescriptor(process, name)!
    Object.defineProperty(process, name, {
      configurable: true,
      enumerable: true,
      get() {
        const stream = original.get!.call(process) as NodeJS.WriteStream
        writeAtOnce(stream, descriptor)
        Object.defineProperty(process, name, { configurable: true, enumerable: true, value: stream })
        return stream
      },
    })
  }
}

/** Makes a stream of `process` write directly to its file descriptor. */
export function writeAtOnce(stream: NodeJS.WriteStream, descriptor: number): void {
  stream.write = (chunk: unknown, encoding?: unknown, done?: unknown) => {
    writeAll(
      descriptor,
      typeof chunk === 'string' && typeof encoding === 'string'
        ? Buffer.from(chunk, encoding as BufferEncoding)
        : (chunk as string),
    )
    const callback = typeof encoding === 'function' ? encoding : done
    if (typeof callback === 'function') queueMicrotask(callback as () => void)
    return true
  }
}

const LIBRARY = new URL('..', import.meta.url).href
const SOURCE = /^file:.*\.[cm]?[jt]sx?(?:[?#]|$)/

function entry(): string | undefined {
  try {
    return pathToFileURL(realpathSync(process.argv[1])).href
  } catch {
    return undefined
  }
}

export function serveTexts({ find, transform, certain, entry, refuseEntry }: ModuleTexts): ModuleHooks {
  const { registerHooks } = nodeModule
  /** The first importer of each file. */
  const importers = new Map<string, string | undefined>()
  return registerHooks({
    resolve(specifier, context, next) {
      if (!specifier.includes('?fl=')) {
        const resolved = next(specifier, context)
        if (!importers.has(resolved.url)) importers.set(resolved.url, context.parentURL)
        return resolved
      }
      return { url: new URL(specifier, context.parentURL).href, format: 'module', shortCircuit: true }
    },
    load(url, context, next) {
      const text = url.includes('?fl=') ? find(url) : undefined
      if (text !== undefined) return { format: 'module', source: text, shortCircuit: true }
      if (entry !== undefined && isEntry(url, entry)) refuseEntry(chainTo(url, importers))
      if (!SOURCE.test(url) || url.startsWith(LIBRARY)) return next(url, context)
      if (url.includes('/node_modules/')) {
        const loaded = next(url, context)
        if (!loaded.source || loaded.format !== 'module') return loaded
        const bytes = Buffer.from(loaded.source as string)
        // Few packages mention the library, and the main thread compiles those too.
        const cut = bytes.includes('fearless') ? transform(url, bytes.toString()) : undefined
        return cut === undefined ? loaded : { ...loaded, source: cut.code }
      }
      // Read here and not by Node, because Node would reject an enum before the compiler could rewrite it.
      const transformed = transform(url, readFileSync(fileURLToPath(url), 'utf8'))
      if (transformed !== undefined) return { format: 'module', source: transformed.code, shortCircuit: true }
      const loaded = next(url, context)
      const { source, format } = loaded
      if (!source || !isBracketed(url, format)) return loaded
      const plain = typeof source === 'string' ? source : new TextDecoder().decode(source)
      return { ...loaded, source: bracketed(url, plain, certain) }
    },
  })
}

/**
 * Returns whether a URL means the program's entry, with any query except `?fl=`, which marks a closure cut out of it.
 */
export function isEntry(url: string, entry: string): boolean {
  return url.startsWith(entry) && /^(?:$|[?#](?!fl=))/.test(url.slice(entry.length))
}

/** Returns the chain of importers that leads to a file, the first importer first. */
function chainTo(url: string, importers: ReadonlyMap<string, string | undefined>): string[] {
  const chain = [url]
  for (
    let at = importers.get(url);
    at !== undefined && !chain.includes(at) && !at.startsWith(LIBRARY);
    at = importers.get(at)
  )
    chain.unshift(at)
  return chain
}
