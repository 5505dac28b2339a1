/**
 * The interface to the runtime, limited to features in which the runtimes differ. One file per runtime implements it;
 * the package's `#platform` import selects the file.
 */
import type { Files } from './files.ts'
import type { Leftovers } from './leftovers.ts'
import type { FileCompiler } from './load.ts'
import type { Start } from './start.ts'

/** The initial data of a worker. The runtime passes it before the library's first module runs. */
export interface WorkerData {
  /** The shared heap. */
  readonly memory: WebAssembly.Memory
  /** The core's compiled module; undefined if the core is plain JavaScript. */
  readonly module: WebAssembly.Module | undefined
  /** Whether the runtime permits code from text. The main thread has tried it, because a page reports each refusal. */
  readonly evaluates: boolean
  /** Number of this worker's slot in the heap. */
  readonly slot: number
  /** `worker` runs threads; `supervisor` starts workers and runs the reaper. */
  readonly role: 'worker' | 'supervisor'
  /** Module specifier of the compiler, for imported files that mention the library. */
  readonly compiler: string | undefined
  /** URL of the file with which the program started. No thread may import it. */
  readonly entry: string | undefined
  /**
   * The connection to the supervisor. If it closes, the supervisor learns of the death of a worker that it did not
   * start.
   */
  readonly supervisor: Port | undefined
  /** The one thread record that this worker runs; 0 if it takes threads from the run queue. */
  readonly thread: number
}

/** One end of a connection between threads. */
export interface Port {
  post(message: unknown, transfer?: readonly unknown[]): void
  listen(onMessage: (message: unknown) => void, onClose: () => void): void
}

/** The resources and callbacks of a new worker. */
export interface WorkerOptions {
  readonly name: string
  readonly inheritance: Omit<WorkerData, 'supervisor'> & { readonly supervisor: unknown }
  readonly stackSizeMb: number
  readonly heapSizeMb: number
  /** Called when the worker has ended, with the runtime's reason if it gives one. */
  readonly onEnd: (reason: string | undefined) => void
  /** Called when the new worker posts to the thread that started it. */
  readonly onMessage?: (message: unknown) => void
}

/** The handle of a started worker, for the thread that started it. */
export interface StartedWorker {
  /** Terminates the worker at any instruction. No effect if the runtime cannot (Deno). */
  terminate(): void
  /**
   * Returns whether the library's first module is loaded, or the error with which its load failed. Also tells a thread
   * that blocks. Absent if the runtime reports a failed load only by `onEnd`.
   */
  pollLoad?(): boolean | Error
  post(message: unknown, transfer?: readonly unknown[]): void
}

/** The event loop of the calling thread. */
interface EventLoop {
  /** Calls `f` once, after `ms` milliseconds, unless the loop ends before that. */
  later(f: () => void, ms: number): void
  /** Calls `f` whenever nothing keeps the loop alive any more. Work that `f` starts keeps the loop alive. */
  beforeEnd(f: () => void): void
  /** Returns whether a signal has a handler, which may run at any time and keeps no loop alive. */
  mayBeSignalled(): boolean
  /** Collects garbage as far as the runtime permits, and keeps the loop alive until the finalizers have run. */
  collectGarbage(): void
}

/** A value that follows a function through its calls, awaits and timers. */
export interface AsyncContext<T> {
  /** Runs `f` with this value, or without one if it is undefined. */
  run<R>(value: T | undefined, f: () => R): R
  get(): T | undefined
}

export interface Platform {
  readonly name: 'node' | 'bun' | 'deno' | 'browser' | 'model'
  readonly inheritance: WorkerData | undefined
  /** Whether this thread may block. False on a page's main thread. */
  readonly mayBlock: boolean
  /** Whether threads share workers. If false, each thread gets a worker of its own. */
  readonly pools: boolean
  /** Runs functions that no compiler has cut out, where one realm simulates all threads. */
  readonly inPlace?: {
    keep(thread: number, f: (...args: never[]) => unknown): void
    of(thread: number): ((...args: never[]) => unknown) | undefined
    /** Fails the model, because a function did something that is not permitted in place. */
    refuse(why: string): never
  }
  setting(name: string): string | undefined
  /** Describes how the program was started; `caller` is a location in it. Absent in a page and in a model. */
  readonly start?: (caller: string) => Start
  /** Offset from `performance.now()` of this thread to a monotonic clock that all threads share. */
  readonly steadyOrigin: number
  /** Returns the number of threads that the machine runs at the same time, at least 1. */
  parallelism(): number
  /** Returns the limit of the process's address space, if it has one. Absent where the system does not tell. */
  addressSpaceMib?(): number | undefined
  startWorker(options: WorkerOptions): StartedWorker
  /** Whether other threads learn of the death of a worker of the main thread while the main thread blocks. */
  readonly workersOfMain: boolean
  /** Returns a connected pair of ports in the form in which they are transferred. */
  ports(): [unknown, unknown]
  openPort(raw: unknown): Port
  /**
   * Blocks until a message has arrived at a port, for a limited time, and closes the port. Returns undefined if none has.
   * Absent where that is impossible (browsers).
   */
  readonly receiveNow?: (raw: unknown, limitMs: number) => unknown
  /** Calls `onMessage` with every message from the thread that started this worker. */
  listenToStarter(onMessage: (message: unknown) => void): void
  /** Posts to the thread that started this worker. */
  postToStarter(message: unknown): void
  /** While true, keeps the process alive without any other work. */
  stayAlive(on: boolean): void
  /**
   * Collects garbage before it returns, and clears every WeakRef to it, also those that the running job has created or
   * read. Undefined if the runtime cannot.
   */
  readonly collectNow: (() => void) | undefined
  /**
   * Returns a buffer that uses no memory until code touches it, but that the collector counts as memory. Returns
   * undefined if there is no room for it. Absent if it would make no difference.
   */
  readonly weigh: ((bytes: number) => ArrayBuffer | undefined) | undefined
  /** The interface for deadlock detection; undefined if the runtime does not tell that a loop is about to end. */
  readonly eventLoop: EventLoop | undefined
  /** Calls `f` with the exit code when this thread ends by itself or by `exit`. */
  onExit(f: (code: number) => void): void
  /**
   * Starts to track whether the event loop has work left. The result tells, at the exit of this thread, that it had
   * none.
   */
  watchRunDry(): () => boolean
  /**
   * Makes the process end with exit code 1, unless the program has set a code. Called at the exit of the main thread.
   */
  failProcess(): void
  /**
   * Calls `f` with an uncaught error or the reason of an unhandled rejection, if the program has no listener of its own
   * for it. The thread would end otherwise.
   */
  onUncaught(f: (error: unknown, isRejection: boolean) => void): void
  /** Starts to track the leftovers of this worker's threads. */
  leftovers(): Leftovers
  /** Loads a module, also one whose text this thread serves. */
  import(url: string): Promise<unknown>
  /** Loads a module synchronously. */
  require(url: string): unknown
  /** Whether the runtime removes the types of TypeScript itself. */
  readonly stripsTypes: boolean
  /** Sets the name of this thread for the tools of the operating system and the runtime, where possible. */
  nameThread(name: string): void
  /** Ends this worker. Throws where the runtime cannot stop the running code (browsers). */
  exit(): never
  asyncContext<T>(): AsyncContext<T>
  /** Returns whether a signal has a listener. False also if the runtime does not tell. */
  isListenedTo(signal: AbortSignal): boolean
  /** Gives the event loop one turn. */
  turn(): Promise<void>
  /** Writes synchronously, also while every other thread blocks. */
  printError(text: string): void
  /** Returns the text that the console prints for a value. */
  show(value: unknown): string
  /** Makes a worker's `console` write synchronously instead of through the main thread's event loop. */
  printAtOnce(): void
  /** Returns the URL of the file with which this thread started, if the runtime tells it. */
  entry(): string | undefined
  /** Returns a builtin module of the runtime; undefined if it has none of this name. */
  builtinModule(name: string): unknown
  /** The file system; undefined if there is none. */
  readonly files: Files | undefined
  /** Lets this thread import the module texts that `texts.find` returns for a URL. */
  serveTexts(texts: ModuleTexts): void
}

/** The texts of the files that a worker imports. */
export interface ModuleTexts {
  find(url: string): string | undefined
  readonly compiler: FileCompiler
  /** URL of the program's entry. */
  readonly entry: string | undefined
  /** Throws the error for an import of the entry. `chain` is the known chain of importing files, by URL. */
  refuseEntry(chain: readonly string[]): never
}
