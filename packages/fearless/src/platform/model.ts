/**
 * The simulated platform: workers are threads of the model checker, each for one thread, time is virtual, and nobody
 * watches a word before sleeping on it.
 *
 * There is no supervisor to ask: what it would do for a birth is done by whoever asks. Deaths have models of their own
 * (thread/reaper.model.ts).
 */
import type { Inheritance, Platform, StartedWorker, WorkerOptions } from './platform.ts'
import { ModelError } from '../model/error.ts'
import { settle } from '../model/state.ts'
import { threadState, world } from '../model/world.ts'

const HEAP_MIB = 8

/** The bytes of simulated memory that the library's heap takes, from the first on. */
export const HEAP_BYTES: number = HEAP_MIB << 20

const NO_THREAD =
  'A thread that the simulation started uses the library. Start it with `thread.spawn` of fearless/model.'

const SETTINGS: Readonly<Record<string, string>> = {
  FEARLESS_CORE: 'js',
  FEARLESS_HEAP_MB: String(HEAP_MIB),
  FEARLESS_SPIN_US: '0',
}

/** Where the compiler leaves the modules that it cuts out. */
const TEXTS = Symbol.for('fearless.texts')

/** What a worker does first; set by the layer that knows (model/library.ts). */
export const births: { live: () => void; supervise: () => void } = { live: () => {}, supervise: () => {} }

interface Own {
  inheritance?: Inheritance
  /** What this thread, as its own supervisor, does with a request. */
  serve?: (message: unknown) => void
}

const own = (): Own => threadState() as Own

/** Functions that no compiler has cut out, by the record of the thread that runs them. */
const functions = new Map<number, (...args: never[]) => unknown>()

export const platform: Platform = {
  name: 'model',
  get inheritance() {
    const { inheritance } = own()
    if (inheritance === undefined && world().self !== 0) throw new ModelError('option', NO_THREAD)
    return inheritance
  },
  mayBlock: true,
  pools: false,
  setting: name => SETTINGS[name],
  parallelism: () => 2,
  startWorker,
  workersOfMain: false,
  ports: () => [undefined, undefined],
  openPort: () => ({ post: message => own().serve!(message), listen() {} }),
  listenToStarter(onMessage) {
    own().serve = onMessage
  },
  stayAlive() {},
  onExit() {},
  onUncaught() {},
  openResources: () => 0,
  import: url => Promise.reject(new Error(`${url} cannot be loaded while a model runs.`)),
  require: loadNow,
  inPlace: {
    keep: (thread, f) => void functions.set(thread, f),
    of: thread => functions.get(thread),
  },
  exit: () => undefined as never,
  turn: () => Promise.resolve(),
  printError() {},
  show: String,
  printAtOnce() {},
  serveTexts() {},
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
  }, name)
  settle()
  return { terminate() {}, post() {} }
}

/** A module that the compiler has cut out: all threads share it, as they share every module. */
function loadNow(url: string): unknown {
  const { createRequire } = process.getBuiltinModule('node:module')
  serveTexts()
  return createRequire(import.meta.url)(url)
}

let served = false

function serveTexts(): void {
  if (served) return
  served = true
  const texts = (globalThis as { [TEXTS]?: ReadonlyMap<string, string> })[TEXTS]
  process.getBuiltinModule('node:module').registerHooks({
    resolve: (specifier, context, next) =>
      specifier.includes('?fl=')
        ? { url: new URL(specifier, context.parentURL).href, format: 'module', shortCircuit: true }
        : next(specifier, context),
    load(url, context, next) {
      const text = url.includes('?fl=') ? texts?.get(url) : undefined
      return text === undefined ? next(url, context) : { format: 'module', source: text, shortCircuit: true }
    },
  })
}
