/** How a worker of Node loads the library, and how its starter learns that the load has failed. */
import type { Worker as NodeWorker, WorkerOptions } from 'node:worker_threads'

const { Worker } = process.getBuiltinModule('node:worker_threads')

/** States of a worker's load. */
const LOADED = 1
const LOAD_FAILED = 2

/**
 * The first code of a worker: it loads the library and stores how that went in the words of `StartedLoad`. It imports
 * nothing of the library, whose files may be missing or damaged, and tells also a starter that blocks and so receives
 * no event.
 */
const BOOT = `const { workerData } = process.getBuiltinModule('node:worker_threads')
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

/** The same as a module: Node runs no `--import` in a worker that starts from the text of a script. */
const BOOT_MODULE = new URL(`data:text/javascript,${encodeURIComponent(BOOT)}`)

/** Starts a worker with this text. It boots as fast as one that starts from a file. */
export function startBoot(options: WorkerOptions, isNode: boolean): NodeWorker {
  return isNode ? new Worker(BOOT_MODULE, options) : new Worker(BOOT, { ...options, eval: true })
}

/** How the load of a worker's first module went: a state, the length of the error's text, and the text. */
export class StartedLoad {
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
