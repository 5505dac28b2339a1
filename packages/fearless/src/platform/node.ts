/** The platform of Node: worker_threads, file descriptors, module hooks. */
import type { ModuleHooks, ResolveFnOutput, ResolveHookContext } from 'node:module'
import type { MessagePort, Worker, WorkerOptions as NodeWorkerOptions } from 'node:worker_threads'
import { StartedLoad, startBoot } from './boot.ts'
import { inheritCommandLine, preloadSpecifier, runLoaders, withoutRefused } from './command-line.ts'
import type { InheritedCommandLine } from './command-line.ts'
import { files } from './files.ts'
import { loadFile } from './load.ts'
import { watchLeftovers } from './leftovers.ts'
import { describeStart } from './start.ts'
import { truncate, describe } from '../describe.ts'
import { EnvironmentError } from '../errors.ts'
import type { AsyncContext, WorkerData, Platform, Port, StartedWorker, ModuleTexts, WorkerOptions } from './platform.ts'

// Not imported, because an import of node:fs loads all of it, streams included, for its export names. Saves 6 ms a
// thread.
const workerThreads = process.getBuiltinModule('node:worker_threads')
const { MessageChannel, isMainThread, parentPort, workerData } = workerThreads
const { existsSync, readFileSync, realpathSync, writeFileSync, writeSync } = process.getBuiltinModule('node:fs')
const { availableParallelism } = process.getBuiltinModule('node:os')
const { inspect } = process.getBuiltinModule('node:util')
const { fileURLToPath, pathToFileURL } = process.getBuiltinModule('node:url')
const nodeModule = process.getBuiltinModule('node:module')

const born = (isMainThread ? undefined : (workerData as { fearless?: RawInheritance } | null)?.fearless) ?? undefined

type RawInheritance = Omit<WorkerData, 'supervisor'> & {
  readonly supervisor: MessagePort | undefined
  readonly commandLine: InheritedCommandLine
}

const isNodeItself = process.versions['bun'] === undefined && process.versions['deno'] === undefined

/** The options of the main thread. Bun and Deno have no preloads that a thread could run. */
let commandLine: InheritedCommandLine | undefined = born?.commandLine

if (commandLine !== undefined) {
  process.argv = [...commandLine.argv]
  process.execArgv = [...commandLine.execArgv]
  if (isNodeItself) openStdin()
}

export const platform: Platform = {
  name: 'node',
  inheritance: born && { ...born, supervisor: born.supervisor && openPort(born.supervisor) },
  mayBlock: true,
  pools: true,
  setting: name => process.env[name],
  start: describeStart,
  steadyOrigin: steadyNow() - performance.now(),
  parallelism: () => availableParallelism(),
  addressSpaceMib,
  startWorker,
  workersOfMain: true,
  ports() {
    const { port1, port2 } = new MessageChannel()
    return [port1, port2]
  },
  openPort: raw => openPort(raw as MessagePort),
  receiveNow: (raw, limitMs) => receiveNow(raw as MessagePort, limitMs),
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
        if (process.listenerCount(event) === 1) f(error, event === 'unhandledRejection')
      })
    }
  },
  leftovers: () => watchLeftovers(() => process.getActiveResourcesInfo().length, 'unreferenced'),
  import: importModule,
  require: url => nodeModule.createRequire(import.meta.url)(fileURLToPath(url)),
  stripsTypes: !isNodeItself || Boolean((process.features as { typescript?: unknown }).typescript),
  nameThread,
  exit: () => process.exit(),
  asyncContext,
  isListenedTo: signal => process.getBuiltinModule('node:events').getEventListeners(signal, 'abort').length > 0,
  turn: () => new Promise(resolve => void setImmediate(resolve)),
  printError: text => writeAll(2, text),
  show,
  printAtOnce,
  entry,
  builtinModule: name => process.getBuiltinModule(name),
  files,
  serveTexts(texts) {
    textOf = url => texts.find(url)
    serve = () => serveTexts(texts)
    hooks = serve()
  },
}

/**
 * Returns a monotonic time. `performance.timeOrigin` is not used, because the wall clock may have been set since then.
 */
function steadyNow(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e3 + nanoseconds / 1e6
}

/** Reads the limit that `ulimit -v` sets, where the operating system has this file. */
function addressSpaceMib(): number | undefined {
  try {
    const bytes = /^Max address space\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return bytes === undefined ? undefined : Number(bytes) / 2 ** 20
  } catch {
    return undefined
  }
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

/** Time between two looks at a port, in milliseconds. */
const LOOK_MS = 0.05

function receiveNow(port: MessagePort, limitMs: number): unknown {
  const word = new Int32Array(new SharedArrayBuffer(4))
  const end = performance.now() + limitMs
  let received: { readonly message?: unknown } | undefined
  do {
    received = workerThreads.receiveMessageOnPort(port)
    if (received === undefined) Atomics.wait(word, 0, 0, LOOK_MS)
  } while (received === undefined && performance.now() < end)
  port.close()
  return received?.message
}

function startWorker(options: WorkerOptions): StartedWorker {
  if (isNodeItself && (nodeModule as { registerHooks?: unknown }).registerHooks === undefined) {
    throw new EnvironmentError(
      `Threads need Node 22.15 or newer, got Node ${process.versions.node}. Install a newer Node.`,
    )
  }
  const { stackSizeMb, heapSizeMb, inheritance } = options
  commandLine ??= inheritCommandLine(isNodeItself ? process.execArgv : [])
  const load = new StartedLoad(new URL('../thread/pool/entry.js', import.meta.url).href)
  const worker = newWorker({
    name: options.name,
    workerData: {
      fearless: { ...inheritance, commandLine },
      load: { words: load.words, url: load.url, maps: process.sourceMapsEnabled },
    },
    transferList: inheritance.supervisor === undefined ? [] : [inheritance.supervisor as MessagePort],
    env: workerThreads.SHARE_ENV,
    execArgv: inheritance.role === 'supervisor' ? [] : [...commandLine.options],
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

/** Starts a worker with the options that Node accepts for workers; it accepts none that concern the whole process. */
function newWorker(options: NodeWorkerOptions): Worker {
  for (let execArgv = options.execArgv; ;) {
    try {
      return startBoot({ ...options, ...(execArgv !== undefined && { execArgv }) }, isNodeItself)
    } catch (error) {
      const accepted = withoutRefused(execArgv ?? [], error)
      if (accepted === undefined) throw error
      execArgv = [...accepted]
      if (commandLine !== undefined) commandLine = { ...commandLine, options: execArgv }
    }
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

/** Lets a worker read the standard input, which Node gives to the main thread only. */
function openStdin(): void {
  let stream: unknown
  Object.defineProperty(process, 'stdin', {
    configurable: true,
    enumerable: true,
    get: () => (stream ??= newStdin()),
  })
}

function newStdin(): unknown {
  const { fstatSync, createReadStream } = process.getBuiltinModule('node:fs')
  const { ReadStream, isatty } = process.getBuiltinModule('node:tty')
  if (isatty(0)) return new ReadStream(0)
  const kind = fstatSync(0)
  if (!kind.isFIFO() && !kind.isSocket()) return createReadStream('', { fd: 0, autoClose: false })
  return new (process.getBuiltinModule('node:net').Socket)({ fd: 0, readable: true, writable: false })
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

let textOf: ModuleTexts['find'] = () => undefined
let hooks: ModuleHooks | undefined
let serve: () => ModuleHooks
let loading: Promise<void> | undefined

/** Loads a module. The program's loaders are run before the first one that imports a file. */
async function importModule(url: string): Promise<unknown> {
  if (commandLine !== undefined && commandLine.loaders.length > 0 && importsFiles(url, textOf)) {
    loading ??= runLoaders(commandLine).then(serveFirst)
    await loading
  }
  return import(url)
}

/** Serves the texts again, because the hooks that were installed last run first. */
function serveFirst(): void {
  hooks?.deregister()
  hooks = serve()
}

/** Matches an import of a file. The library's own and builtin modules do not. */
const IMPORTS_FILE = /\b(?:from|import)\s*(?:"(?!node:|fearless["/]|[^"]*\?fl=)|'(?!node:|fearless['/]|[^']*\?fl=)|\()/

/** Whether the module of a closure, or the module that it shares with the other closures of its file, imports a file. */
export function importsFiles(url: string, find: ModuleTexts['find']): boolean {
  return [find(url), find(url.replace(/\?fl=\d+/, '?fl=lib'))].some(
    text => text !== undefined && IMPORTS_FILE.test(text),
  )
}

export function serveTexts({ find, compiler, entry, refuseEntry }: ModuleTexts): ModuleHooks {
  const { registerHooks } = nodeModule
  /** The first importer of each file. */
  const importers = new Map<string, string | undefined>()
  return registerHooks({
    resolve(specifier, context, next) {
      const preload = preloadSpecifier(specifier)
      if (preload !== undefined) return next(preload, { ...context, parentURL: commandLine!.folder })
      if (!specifier.includes('?fl=')) {
        const resolved = resolveFile(specifier, context, next)
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
      return loadFile(url, context, next, compiler, () => readFileSync(fileURLToPath(url)))
    },
  })
}

type NextResolve = (specifier: string, context?: Partial<ResolveHookContext>) => ResolveFnOutput

/** The endings that a program may leave out of an import if a tool loads it: a test runner, a bundler. */
const ENDINGS = ['.ts', '.tsx', '.js', '.mts', '.mjs', '/index.ts', '/index.tsx', '/index.js']

/**
 * Resolves an import. A test runner loads the main thread's files, and Node those of threads, so a relative import may
 * lack its ending, or name the `.js` that a `.ts` becomes.
 */
function resolveFile(specifier: string, context: ResolveHookContext, next: NextResolve): ResolveFnOutput {
  try {
    return next(specifier, context)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'ERR_UNSUPPORTED_DIR_IMPORT') throw error
    if (!/^(?:\.|file:)/.test(specifier) || context.parentURL === undefined) throw error
    const bare = specifier.replace(/\.[cm]?jsx?$/, '')
    const typescript = bare === specifier ? [] : [specifier.replace(/js(x?)$/, 'ts$1')]
    for (const candidate of [...typescript, ...ENDINGS.map(ending => specifier + ending)]) {
      if (existsSync(fileURLToPath(new URL(candidate, context.parentURL)))) return next(candidate, context)
    }
    throw error
  }
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
