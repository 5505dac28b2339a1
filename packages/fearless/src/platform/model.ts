/**
 * The simulated platform: workers are threads of the model checker, each for one thread, time is virtual, and nobody
 * watches a word before sleeping on it.
 *
 * There is no supervisor to ask: what it would do for a birth is done by whoever asks, and what it would do for a death
 * by the simulated thread that follows every death.
 */
import type { Inheritance, Platform, StartedWorker, WorkerOptions } from './platform.ts'
import { settle } from '../model/state.ts'
import { threadState, world } from '../model/world.ts'

const SETTINGS: Readonly<Record<string, string>> = {
  FEARLESS_CORE: 'js',
  FEARLESS_HEAP_MB: '8',
  FEARLESS_SPIN_US: '0',
}

/** What a worker does first; set by the layer that knows (model/library.ts). */
export const births: { live: () => void; supervise: () => void } = { live: () => {}, supervise: () => {} }

interface Own {
  inheritance?: Inheritance
  /** What this thread, as its own supervisor, does with a request. */
  serve?: (message: unknown) => void
  /** Whom the deaths of workers are told to, by the simulated thread's id. */
}

const own = (): Own => threadState() as Own

/** By simulated thread: what happens after its death. Kept by the thread that started it. */
const ends = new Map<number, () => void>()

export const platform: Platform = {
  name: 'model',
  get inheritance() {
    return own().inheritance
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
  require: url => {
    throw new Error(`${url} cannot be loaded while a model runs.`)
  },
  exit: () => undefined as never,
  turn: () => Promise.resolve(),
  printError() {},
  show: String,
  printAtOnce() {},
  serveTexts() {},
}

function startWorker({ name, inheritance, onEnd }: WorkerOptions): StartedWorker {
  if (inheritance.role === 'supervisor') {
    births.supervise()
    return { terminate() {}, post: message => own().serve!(message) }
  }
  const id = world().spawn(() => {
    const state = own()
    state.inheritance = { ...inheritance, supervisor: platform.openPort(undefined) }
    settle()
    births.supervise()
    births.live()
  }, name)
  settle()
  ends.set(id, () => onEnd(undefined))
  return { terminate() {}, post() {} }
}
