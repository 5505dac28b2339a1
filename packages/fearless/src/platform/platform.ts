/**
 * What differs between runtimes, and nothing else. One file per runtime beside this one; the package's `#platform`
 * import chooses it.
 */
import type { Files } from './files.ts'
import type { Leftovers } from './leftovers.ts'

/** What a worker is born with: it is set before the library's first module runs. */
export interface Inheritance {
  /** The shared heap. */
  readonly memory: WebAssembly.Memory
  /** The core, compiled; undefined if it is plain JavaScript. */
  readonly module: WebAssembly.Module | undefined
  /** The slot of this worker in the heap. */
  readonly slot: number
  /** `worker` runs threads; `supervisor` starts and buries workers. */
  readonly role: 'worker' | 'supervisor'
  /** Where the compiler is, for files that a thread imports and that mention the library. */
  readonly compiler: string | undefined
  /** The url of the file that the program started with, which no thread may import. */
  readonly entry: string | undefined
  /** Reaches the supervisor. Its closing tells the supervisor of the death of a worker that it did not start itself. */
  readonly supervisor: Port | undefined
  /** The one thread this worker is for; 0 if it takes threads from the queue. */
  readonly thread: number
}

/** One end of a connection between threads. */
export interface Port {
  post(message: unknown, transfer?: readonly unknown[]): void
  listen(onMessage: (message: unknown) => void, onClose: () => void): void
}

/** What a new worker may use, and who is told of its death. */
export interface WorkerOptions {
  readonly name: string
  readonly inheritance: Omit<Inheritance, 'supervisor'> & { readonly supervisor: unknown }
  readonly stackSizeMb: number
  readonly heapSizeMb: number
  /** Called with what the runtime says of the end, if it says anything. */
  readonly onEnd: (reason: string | undefined) => void
  /** Called when the new worker posts to its starter. */
  readonly onMessage?: () => void
}

/** A worker as seen by whoever started it. */
export interface StartedWorker {
  /** Stops it wherever it is; does nothing where the runtime cannot (Deno). */
  terminate(): void
  post(message: unknown, transfer?: readonly unknown[]): void
}

/** The event loop of a thread, seen from code that runs on it. */
export interface EventLoop {
  /** Calls `f` once, after `ms` milliseconds, unless the loop ends before. */
  later(f: () => void, ms: number): void
  /** Calls `f` each time that nothing keeps the loop alive any more; what `f` starts keeps it so. */
  beforeEnd(f: () => void): void
  /** Whether a signal has a handler, which may run at any time and keeps no loop alive. */
  mayBeSignalled(): boolean
  /** Collects garbage as far as the runtime lets it, and keeps the loop alive until the finalizers have run. */
  collectGarbage(): void
}

/** A value that goes along with a function: through what it calls and awaits, and into its timers. */
export interface AsyncContext<T> {
  /** Runs `f` with this value; undefined: with none. */
  run<R>(value: T | undefined, f: () => R): R
  get(): T | undefined
}

export interface Platform {
  readonly name: 'node' | 'bun' | 'deno' | 'browser' | 'model'
  readonly inheritance: Inheritance | undefined
  /** Whether this thread may block: false on a page's main thread. */
  readonly mayBlock: boolean
  /** Whether threads share workers; if not, each gets a worker of its own. */
  readonly pools: boolean
  /** Where one realm plays all threads: functions that no compiler has cut out run as they are. */
  readonly inPlace?: {
    keep(thread: number, f: (...args: never[]) => unknown): void
    of(thread: number): ((...args: never[]) => unknown) | undefined
    /** Ends all, because a function did what it may not do in place. */
    refuse(why: string): never
  }
  setting(name: string): string | undefined
  /** What has to be added to `performance.now()` of this thread to have one clock in all threads, which nobody sets. */
  readonly steadyOrigin: number
  /** How many threads the machine runs at once, at least 1. */
  parallelism(): number
  startWorker(options: WorkerOptions): StartedWorker
  /** Whether a worker of the main thread dies visibly for others while the main thread blocks. */
  readonly workersOfMain: boolean
  /** A connected pair of ports, as they are transferred. */
  ports(): [unknown, unknown]
  openPort(raw: unknown): Port
  /** Calls back with every message that whoever started this worker posts to it. */
  listenToStarter(onMessage: (message: unknown) => void): void
  /** Posts to whoever started this worker. */
  postToStarter(message: unknown): void
  /** While true, the process stays alive though nothing else happens. */
  stayAlive(on: boolean): void
  /**
   * Collects garbage before it returns, and empties every WeakRef to it, also those that the running job has made or read.
   * Undefined where the runtime cannot.
   */
  readonly collectNow: (() => void) | undefined
  /**
   * A buffer of so many bytes that takes no memory as long as no code touches it, and that the collector counts as memory.
   * Undefined where there is no room for it; absent where it would make no difference.
   */
  readonly weigh: ((bytes: number) => ArrayBuffer | undefined) | undefined
  /** What finds the deadlocks of an event loop; undefined where the runtime does not say that a loop is at its end. */
  readonly eventLoop: EventLoop | undefined
  /** Calls `f` when this thread ends by itself or by exit, with the exit code. */
  onExit(f: (code: number) => void): void
  /** From now on it is known, at the exit of this thread, whether its event loop had nothing left to do. */
  watchRunDry(): () => boolean
  /** Lets the process end with exit code 1, unless the program has chosen a code. Called at the exit of the main thread. */
  failProcess(): void
  /**
   * Calls `f` with what was thrown, or what a promise was rejected with, where no code catches it and the program has no listener of
   * its own for that; the thread would end otherwise.
   */
  onUncaught(f: (error: unknown) => void): void
  /** From now on this worker knows what its threads leave behind. */
  leftovers(): Leftovers
  /** Loads a module; one whose text this thread is served too. */
  import(url: string): Promise<unknown>
  /** Loads a module at once. */
  require(url: string): unknown
  /** Names this thread for the tools of the operating system and of the runtime, as far as they can be told. */
  nameThread(name: string): void
  /** Ends this worker. */
  exit(): never
  asyncContext<T>(): AsyncContext<T>
  /** Whether a signal has a listener; false also where the runtime does not tell. */
  isListenedTo(signal: AbortSignal): boolean
  /** Gives the event loop one turn. */
  turn(): Promise<void>
  /** Writes at once, also while every other thread blocks. */
  printError(text: string): void
  /** A value as the console shows it. */
  show(value: unknown): string
  /** Makes `console` of a worker write at once instead of through the main thread's event loop. */
  printAtOnce(): void
  /** The url of the file that this thread started with, where the runtime tells. */
  entry(): string | undefined
  /** The files of the machine; undefined where there are none. */
  readonly files: Files | undefined
  /** Lets this thread import the module texts that `texts.find` knows, by url. */
  serveTexts(texts: Texts): void
}

/** What a worker knows of the files that it imports. */
export interface Texts {
  find(url: string): string | undefined
  readonly transform: Transform
  /** Whether the main thread marks the evaluation of the same files. */
  readonly certain: boolean
  /** The url of the program's entry. */
  readonly entry: string | undefined
  /** Refuses the entry; `chain` is the urls of the files that import each other, as far as they are known. */
  refuseEntry(chain: readonly string[]): never
}

/** Turns a file that mentions the library into plain JavaScript; undefined if it is none of the compiler's business. */
export type Transform = (url: string, source: string) => { code: string } | undefined
