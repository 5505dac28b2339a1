/**
 * The simulated platform: a worker is a thread of the model checker for one library thread, time is virtual, and no
 * thread spins before it sleeps.
 *
 * There is no supervisor. The requesting thread starts workers itself. Deaths have models of their own
 * (thread/pool/reaper.model.ts).
 */
import type { AsyncContext, WorkerData, Platform, StartedWorker, WorkerOptions } from './platform.ts'
import { ModelError } from '../model/engine/error.ts'
import { loadThreadVariables } from '../model/simulated/thread-variables.ts'
import { inModel, threadState, world } from '../model/drivers/world.ts'

const HEAP_MIB = 8

/** Size of the library's heap in simulated memory, from the first byte on. */
export const HEAP_BYTES: number = HEAP_MIB << 20

const NO_THREAD = 'A thread started by the simulation used the library. Start it with `thread.spawn` of fearless/model.'

const SETTINGS: Readonly<Record<string, string>> = {
  FEARLESS_CORE: 'js',
  FEARLESS_HEAP_MB: String(HEAP_MIB),
  FEARLESS_SPIN_US: '0',
  FEARLESS_WALLS: 'off',
}

/** Key under which the compiler stores the modules that it cuts out. */
const TEXTS = Symbol.for('fearless.texts')

/** The first actions of a worker and a supervisor; set by model/simulated/library.ts. */
export const startHooks: { live: () => void; supervise: () => void } = { live: () => {}, supervise: () => {} }

interface Own {
  inheritance?: WorkerData
  /** Handles a request to the supervisor, which every thread is for itself. */
  serve?: (message: unknown) => void
  /** The reason why the model cannot continue. */
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
  stripsTypes: true,
  nameThread() {},
  failProcess() {},
  builtinModule: () => undefined,
  files: undefined,
  onUncaught() {},
  leftovers: () => ({ begin() {}, any: () => false }),
  import: url =>
    Promise.reject(new ModelError('option', `${url} was imported while a model ran. Import it before the model runs.`)),
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

/** A model does not await under a value: it begins its waits in `run`. */
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
    startHooks.supervise()
    return { terminate() {}, post: message => own().serve!(message) }
  }
  world().spawn(() => {
    own().inheritance = { ...inheritance, supervisor: platform.openPort(undefined) }
    loadThreadVariables()
    startHooks.supervise()
    startHooks.live()
    const { refusal } = own()
    if (refusal !== undefined) throw refusal
  }, name)
  return { terminate() {}, post() {} }
}

const modules = new Map<string, unknown>()

/** Loads a module that the compiler has cut out. All threads share it, as they share every module. */
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
    return refuse(
      `The module of a closure did not load synchronously: ${String(error)}. Remove top-level await from its imports.`,
    )
  }
}

/** Fails the model, even if the thread catches the error. */
function refuse(why: string): never {
  throw (own().refusal = new ModelError('option', why))
}

let served = false

function serveTexts(): void {
  if (served) return
  served = true
  const texts = (globalThis as { [TEXTS]?: ReadonlyMap<string, string> })[TEXTS]
  process.getBuiltinModule('node:module').registerHooks({
    // Node treats a synchronously required module as a file, and a file has no query.
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
