/**
 * The simulated platform: workers are threads of the model checker, each for one thread, time is virtual, and nobody
 * watches a word before sleeping on it.
 *
 * There is no supervisor to ask: what it would do for a birth is done by whoever asks. Deaths have models of their own
 * (thread/pool/reaper.model.ts).
 */
import type { AsyncContext, Inheritance, Platform, StartedWorker, WorkerOptions } from './platform.ts'
import { ModelError } from '../model/engine/error.ts'
import { settle } from '../model/simulated/state.ts'
import { inModel, threadState, world } from '../model/drivers/world.ts'

const HEAP_MIB = 8

/** The bytes of simulated memory that the library's heap takes, from the first on. */
export const HEAP_BYTES: number = HEAP_MIB << 20

const NO_THREAD =
  'A thread that the simulation started uses the library. Start it with `thread.spawn` of fearless/model.'

const SETTINGS: Readonly<Record<string, string>> = {
  FEARLESS_CORE: 'js',
  FEARLESS_HEAP_MB: String(HEAP_MIB),
  FEARLESS_SPIN_US: '0',
  FEARLESS_WALLS: 'off',
}

/** Where the compiler leaves the modules that it cuts out. */
const TEXTS = Symbol.for('fearless.texts')

/** What a worker does first; set by the layer that knows (model/simulated/library.ts). */
export const births: { live: () => void; supervise: () => void } = { live: () => {}, supervise: () => {} }

interface Own {
  inheritance?: Inheritance
  /** What this thread, as its own supervisor, does with a request. */
  serve?: (message: unknown) => void
  /** Why the model cannot go on. */
  refusal?: ModelError
}

const own = (): Own => threadState() as Own

/** Functions that no compiler has cut out, by the record of the thread that runs them. */
const functions = new Map<number, (...args: never[]) => unknown>()

export const platform: Platform = {
  name: 'model',
  get inheritance() {
    if (!inModel()) return undefined
    const { inheritance } = own()
    if (inheritance === undefined && world().self !== 0) throw new ModelError('option', NO_THREAD)
    return inheritance
  },
  mayBlock: true,
  pools: false,
  setting: name => SETTINGS[name],
  steadyOrigin: 0,
  parallelism: () => 2,
  startWorker,
  workersOfMain: false,
  ports: () => [undefined, undefined],
  openPort: () => ({ post: message => own().serve!(message), listen() {} }),
  postToStarter() {},
  listenToStarter(onMessage) {
    own().serve = onMessage
  },
  stayAlive() {},
  eventLoop: undefined,
  collectNow: undefined,
  weigh: undefined,
  asyncContext,
  isListenedTo: () => false,
  onExit() {},
  watchRunDry: () => () => false,
  nameThread() {},
  failProcess() {},
  files: undefined,
  onUncaught() {},
  leftovers: () => ({ begin() {}, any: () => false }),
  import: url => Promise.reject(new Error(`${url} cannot be loaded while a model runs.`)),
  require: loadNow,
  inPlace: {
    keep: (thread, f) => void functions.set(thread, f),
    of: thread => functions.get(thread),
    refuse,
  },
  exit() {
    throw new Error('A worker of the model has ended.')
  },
  turn: () => Promise.resolve(),
  printError() {},
  show: String,
  printAtOnce() {},
  entry: () => undefined,
  serveTexts() {},
}

/** A model awaits nothing under a value: it begins its waits in `run`. */
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

function startWorker({ name, inheritance }: WorkerOptions): StartedWorker {
  if (inheritance.role === 'supervisor') {
    births.supervise()
    return { terminate() {}, post: message => own().serve!(message) }
  }
  world().spawn(() => {
    own().inheritance = { ...inheritance, supervisor: platform.openPort(undefined) }
    settle()
    births.supervise()
    births.live()
    const { refusal } = own()
    if (refusal !== undefined) throw refusal
  }, name)
  return { terminate() {}, post() {} }
}

const modules = new Map<string, unknown>()

/** A module that the compiler has cut out: all threads share it, as they share every module. */
function loadNow(url: string): unknown {
  const known = modules.get(url) ?? load(url)
  modules.set(url, known)
  return known
}

function load(url: string): unknown {
  const { createRequire } = process.getBuiltinModule('node:module')
  serveTexts()
  try {
    return createRequire(import.meta.url)(url)
  } catch (error) {
    return refuse(`The module of a closure cannot be loaded at once: ${String(error)}. Let it await nothing.`)
  }
}

/** Fails the model, whatever becomes of the error in the thread. */
function refuse(why: string): never {
  throw (own().refusal = new ModelError('option', why))
}

let served = false

function serveTexts(): void {
  if (served) return
  served = true
  const texts = (globalThis as { [TEXTS]?: ReadonlyMap<string, string> })[TEXTS]
  process.getBuiltinModule('node:module').registerHooks({
    // What is required at once is a file to Node, and a file has no query.
    resolve: (specifier, context, next) =>
      specifier.includes('?fl=')
        ? { url: fileOf(new URL(specifier, context.parentURL).href), format: 'module', shortCircuit: true }
        : next(specifier, context),
    load(url, context, next) {
      const text = CLOSURE.test(url) ? texts?.get(url.replace(CLOSURE, '?fl=$1')) : undefined
      return text === undefined ? next(url, context) : { format: 'module', source: text, shortCircuit: true }
    },
  })
}

const CLOSURE = /\.fl-(\w+)\.mjs$/

const fileOf = (url: string): string => url.replace(/\?fl=(\w+)$/, '.fl-$1.mjs')
