/**
 * The platform of browsers: module workers, Web Locks, message ports.
 *
 * - A page never blocks. A dedicated worker that loads the library itself may block, but not while a worker that it has
 *   started boots: no engine but Firefox starts a worker whose parent blocks.
 * - A worker holds a Web Lock as long as it lives. Its starter requests the same lock, which the browser grants when the
 *   worker no longer runs, however it ended.
 * - A page whose workers hold locks is not kept in the back/forward cache, so its threads end with it.
 *
 * All properties are as in node.ts, in the same order.
 */
import { describe, truncate } from '../describe.ts'
import { EnvironmentError } from '../errors.ts'
import { watchWorkerLeftovers } from './browser-leftovers.ts'
import { ALIVE, LOADED, START, type BootFailure, type BrowserStart, type StartMessage } from './browser-start.ts'
import { refuseUnlessIsolated } from './isolation.ts'
import type { AsyncContext, Platform, Port, StartedWorker, WorkerOptions } from './platform.ts'

interface DedicatedWorkerGlobal {
  postMessage(message: unknown): void
  close(): void
}

const global = globalThis as unknown as DedicatedWorkerGlobal & { readonly [START]?: BrowserStart }

/** The data of this worker; undefined on a page and in a worker of the program. */
const started = global[START]
const born = started?.message
const isWorker = 'WorkerGlobalScope' in globalThis
/** Whether this thread may block at all: the platform's agents allow it in dedicated workers. */
const canBlock = 'DedicatedWorkerGlobalScope' in globalThis

if (started === undefined) refuseUnlessIsolated(isWorker ? 'worker' : 'page')

/** The settings that a page may set as variables of its global object before it loads the library. */
const SETTINGS = [
  'FEARLESS_CORE',
  'FEARLESS_DEADLOCKS',
  'FEARLESS_HEAP_MB',
  'FEARLESS_IDLE_MS',
  'FEARLESS_MAX_WORKERS',
  'FEARLESS_QUEUE_LIMIT',
  'FEARLESS_SPIN_US',
  'FEARLESS_WALLS',
  'FEARLESS_WORKERS',
] as const

const settings: Readonly<Record<string, string>> = born?.settings ?? readSettings()

/** The number of workers that this thread has started and that do not run yet. */
let booting = 0

export const platform: Platform = {
  name: 'browser',
  inheritance: born && { ...born.inheritance, supervisor: born.port && openPort(born.port) },
  get mayBlock() {
    return canBlock && booting === 0
  },
  pools: true,
  setting: name => settings[name],
  steadyOrigin: performance.timeOrigin,
  parallelism: () => Math.max(1, navigator.hardwareConcurrency || 1),
  startWorker,
  // The supervisor starts all workers, because it learns of the death of its own workers only.
  workersOfMain: false,
  ports() {
    const { port1, port2 } = new MessageChannel()
    return [port1, port2]
  },
  openPort: raw => openPort(raw as MessagePort),
  listenToStarter(onMessage) {
    started!.listener = onMessage
    for (const message of started!.early.splice(0)) onMessage(message)
  },
  postToStarter: message => global.postMessage(message),
  // A page lives until it is closed.
  stayAlive() {},
  collectNow: undefined,
  weigh,
  eventLoop: undefined,
  onExit(f) {
    exitHooks.push(f)
  },
  watchRunDry: () => () => false,
  failProcess() {},
  onUncaught,
  leftovers: watchWorkerLeftovers,
  import: url => import(/* @vite-ignore */ /* webpackIgnore: true */ url),
  require(url) {
    throw new EnvironmentError(
      `A page loads no module synchronously, got ${describe(url)}. Build the program with a bundler.`,
    )
  },
  // A bundler has removed them.
  stripsTypes: true,
  nameThread() {},
  exit,
  asyncContext,
  isListenedTo: () => false,
  turn,
  printError: text => console.error(text.replace(/\n$/, '')),
  show,
  printAtOnce() {},
  entry: () => undefined,
  builtinModule: () => undefined,
  files: undefined,
  serveTexts() {},
}

/** A bundler replaces the expression for the mode, as it does in all packages. */
declare const process: { readonly env: { readonly NODE_ENV?: string } }

function readSettings(): Record<string, string> {
  const found: Record<string, string> = {}
  try {
    found.NODE_ENV = process.env.NODE_ENV ?? ''
  } catch {
    // No bundler has replaced the expression.
  }
  for (const name of SETTINGS) {
    const value = (globalThis as Record<string, unknown>)[name]
    if (value !== undefined) found[name] = String(value as string | number)
  }
  return found
}

function openPort(port: MessagePort): Port {
  return {
    post: (message, transfer) => port.postMessage(message, (transfer ?? []) as Transferable[]),
    // A port does not tell that its other end is gone. The supervisor learns of a death from the worker's lock.
    listen(onMessage) {
      port.addEventListener('message', ({ data }) => onMessage(data))
      port.start()
    },
  }
}

function startWorker({ name, inheritance, onEnd, onMessage }: WorkerOptions): StartedWorker {
  const { supervisor, ...rest } = inheritance
  const life = `fearless ${crypto.randomUUID()}`
  const worker = new Worker(new URL('../thread/pool/browser-entry.js', import.meta.url), { type: 'module', name })
  const port = supervisor as MessagePort | undefined
  const message: StartMessage = { inheritance: rest, port, life, settings }
  worker.postMessage(message, port === undefined ? [] : [port])
  let reason: string | undefined
  let isAlive = false
  let isLoaded = false
  let isWatched = false
  booting++

  /** Requests the lock of the worker, and calls `onEnd` once the worker no longer holds it. */
  function watchForEnd(): void {
    if (isWatched) return
    isWatched = true
    booting--
    void navigator.locks.request(life, () => onEnd(reason))
  }
  function failToStart(why: string): void {
    reason = why
    worker.terminate()
    watchForEnd()
  }
  worker.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (data === ALIVE) {
      isAlive = true
      watchForEnd()
    } else if (data === LOADED) isLoaded = true
    else if (isBootFailure(data)) failToStart(data.reason)
    else onMessage?.(data)
  })
  worker.addEventListener('error', event => {
    // Later errors are panics of threads, which the worker reports itself.
    event.preventDefault()
    if (!isAlive) failToStart(whyNotLoaded(event))
  })
  return {
    terminate() {
      worker.terminate()
      watchForEnd()
    },
    pollLoad: () => (reason === undefined ? isLoaded : new Error(reason)),
    post: (request, transfer) => worker.postMessage(request, (transfer ?? []) as Transferable[]),
  }
}

function isBootFailure(data: unknown): data is BootFailure {
  return typeof data === 'object' && data !== null && (data as { fearless?: unknown }).fearless === 'failed'
}

/** The script of a worker that was not loaded has an event without a message. */
function whyNotLoaded({ message }: Partial<ErrorEvent>): string {
  return message !== undefined && message !== ''
    ? message
    : 'the browser did not load the script of the worker. The network panel shows the request: the server must send the ' +
        'script, as JavaScript, with the header `Cross-Origin-Embedder-Policy: require-corp`, and a content security ' +
        "policy must allow `worker-src 'self'`"
}

const exitHooks: ((code: number) => void)[] = []
let isExiting = false

/** Ends this worker: no further task of it runs. The running code is left by an error, which reaches no handler. */
function exit(): never {
  if (!isExiting) {
    isExiting = true
    for (const hook of exitHooks) hook(0)
    close()
  }
  throw new Error('This worker has ended.')
}

const close = isWorker ? global.close.bind(global) : (): void => {}

// A thread that calls `close()` ends with its worker, as a thread of Node that calls `process.exit()`.
if (born !== undefined) {
  global.close = () => {
    if (isExiting) return
    isExiting = true
    for (const hook of exitHooks) hook(0)
    close()
  }
}

function onUncaught(f: (error: unknown, isRejection: boolean) => void): void {
  for (const type of ['error', 'unhandledrejection'] as const) {
    listenLast(type, event => {
      // The program has handled it.
      if (event.defaultPrevented) return
      event.preventDefault()
      if (!isExiting) f(errorOf(event as ErrorEvent | PromiseRejectionEvent), type === 'unhandledrejection')
    })
  }
}

/** Adds a listener of the global object that is called after all others, also those that are added later. */
function listenLast(type: string, listener: (event: Event) => void): void {
  const { addEventListener: add, removeEventListener: remove } = globalThis
  const moveToEnd = (): void => {
    remove(type, listener)
    add(type, listener)
  }
  moveToEnd()
  globalThis.addEventListener = (...args: Parameters<typeof add>) => {
    add(...args)
    if (args[0] === type) moveToEnd()
  }
  const name = `on${type}`
  const handler = handlerProperty(name)
  if (handler === undefined) return
  Object.defineProperty(globalThis, name, {
    ...handler,
    set(f: unknown) {
      handler.set!.call(globalThis, f)
      moveToEnd()
    },
  })
}

function handlerProperty(name: string): PropertyDescriptor | undefined {
  for (let at: object = globalThis; at !== null; at = Object.getPrototypeOf(at) as object) {
    const property = Object.getOwnPropertyDescriptor(at, name)
    if (property !== undefined) return property
  }
  return undefined
}

function errorOf(event: ErrorEvent | PromiseRejectionEvent): unknown {
  if ('reason' in event) return event.reason
  return event.error ?? new Error(event.message)
}

/** Carries a value through synchronous code only, because no engine has a context that follows an `await`. */
function asyncContext<T>(): AsyncContext<T> {
  let current: T | undefined
  return {
    run(value, f) {
      const outer = current
      current = value
      try {
        return f()
      } finally {
        current = outer
      }
    },
    get: () => current,
  }
}

const turns: (() => void)[] = []
const { port1: turnPort, port2: nextTurn } = new MessageChannel()
nextTurn.addEventListener('message', () => turns.shift()!())
nextTurn.start()

/** A message is a task of its own, between two of which a page may paint. A timer would wait for 4 ms. */
function turn(): Promise<void> {
  return new Promise(resolve => {
    turns.push(resolve)
    turnPort.postMessage(undefined)
  })
}

/** Limit of a shown value, in characters. */
const LONGEST_SHOWN = 20_000

function show(value: unknown): string {
  try {
    return value instanceof Error ? truncate(showError(value), LONGEST_SHOWN) : describe(value)
  } catch {
    return describe(value)
  }
}

/** Firefox and WebKit write no name and message into a stack. */
function showError(error: Error): string {
  const head = `${error.name}: ${error.message}`
  const stack = error.stack ?? ''
  const text = stack.includes(head) ? stack : `${head}\n${stack}`
  const { cause } = error
  return `${text.trimEnd()}${cause === undefined ? '' : `\n  [cause]: ${show(cause)}`}`
}

/** Maps memory, which the collector counts and no code touches. */
function weigh(bytes: number): ArrayBuffer | undefined {
  try {
    return new ArrayBuffer(bytes, { maxByteLength: bytes })
  } catch {
    return undefined
  }
}
