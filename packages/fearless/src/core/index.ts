/**
 * The core over the shared memory of the process: as WebAssembly, or as plain JavaScript if the page's content security
 * policy forbids WebAssembly or if `FEARLESS_CORE=js`.
 */
import { platform } from '#platform'
import { EnvironmentError } from '../errors.ts'
import { wasm } from './core.generated.ts'
import * as javascript from './exports.ts'
import { wholeNumber } from '../platform/settings.ts'
import { firstWords } from './first-words.ts'
import {
  FREE_SLOTS,
  MAX_SLOTS,
  MAX_WORKERS,
  NEXT_SLOT,
  NEXT_THREAD,
  PARALLELISM,
  QUEUE_LIMIT,
  SLOTS,
  SLOT_MAY_BLOCK,
  SLOT_ID,
  SLOT_SIZE,
} from './layout.ts'
import { sharedMemory } from './shared-memory.ts'

/** Slot 0 is unused, and the main thread and the supervisor have a slot each. */
export const MAX_WORKER_COUNT = MAX_SLOTS - 3
/** Value of `QUEUE_LIMIT` for a queue without a limit. */
export const UNLIMITED_QUEUE = 0x7fff_ffff

const inherited = platform.inheritance

/** Address of this thread's slot. */
export const self: number = SLOTS + (inherited?.slot ?? 1) * SLOT_SIZE

let evaluates = inherited?.evaluates
let instance: WebAssembly.Instance | undefined

if (inherited === undefined) initialise()
/**
 * The core's compiled module, passed to later workers so that a process compiles it once. Undefined if the core is
 * JavaScript.
 */
export const sharedModule: WebAssembly.Module | undefined = inherited === undefined ? compileCore() : inherited.module
export const core: typeof javascript = { ...bindCore(sharedModule) }

function initialise(): void {
  const words = new Int32Array(sharedMemory.buffer)
  for (const [at, value] of firstWords(sharedMemory.buffer.byteLength)) words[at >> 2] = value
  words[NEXT_SLOT >> 2] = 2
  words[FREE_SLOTS >> 2] = 0
  words[NEXT_THREAD >> 2] = 2
  words[PARALLELISM >> 2] = wholeNumber('FEARLESS_WORKERS', 'of workers', 1, MAX_WORKER_COUNT) ?? platform.parallelism()
  words[MAX_WORKERS >> 2] = wholeNumber('FEARLESS_MAX_WORKERS', 'of workers', 1, MAX_WORKER_COUNT) ?? MAX_WORKER_COUNT
  words[QUEUE_LIMIT >> 2] = wholeNumber('FEARLESS_QUEUE_LIMIT', 'of threads', 1, UNLIMITED_QUEUE) ?? UNLIMITED_QUEUE
  words[(self + SLOT_ID) >> 2] = 1
  words[(self + SLOT_MAY_BLOCK) >> 2] = platform.mayBlock ? 1 : 0
}

/**
 * Returns whether the runtime permits code from text. A content security policy that forbids WebAssembly forbids that as
 * well, so it is not tried then.
 */
export function mayEvaluate(): boolean {
  return (evaluates ??= tryToEvaluate())
}

function tryToEvaluate(): boolean {
  try {
    return new Function('return true')() as boolean
  } catch {
    return false
  }
}

function compileCore(): WebAssembly.Module | undefined {
  const asked = platform.setting('FEARLESS_CORE')
  if (asked === 'js') return undefined
  if (asked !== undefined && asked !== 'wasm') {
    throw new EnvironmentError(
      `FEARLESS_CORE expects "wasm" or "js", got ${JSON.stringify(asked)}. Set it to one of the two.`,
    )
  }
  try {
    const module = new WebAssembly.Module(bytesOf(wasm))
    // WebKit compiles a module that the policy forbids, and refuses its instance.
    instance = instantiate(module)
    return module
  } catch (error) {
    // A content security policy without wasm-unsafe-eval forbids WebAssembly: use the same source as JavaScript.
    if (asked === undefined && error instanceof WebAssembly.CompileError) {
      evaluates = false
      return undefined
    }
    throw error
  }
}

function bindCore(module: WebAssembly.Module | undefined): typeof javascript {
  if (module === undefined) return javascript
  return (instance ?? instantiate(module)).exports as unknown as typeof javascript
}

function instantiate(module: WebAssembly.Module): WebAssembly.Instance {
  return new WebAssembly.Instance(module, { env: { memory: sharedMemory, abort: () => {} } })
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  // Not every runtime has `fromBase64`. It saves 2 ms, because the loop runs once and is never optimised.
  const { fromBase64 } = Uint8Array as { fromBase64?: (base64: string) => Uint8Array<ArrayBuffer> }
  if (fromBase64 !== undefined) return fromBase64.call(Uint8Array, base64)
  return Uint8Array.from(atob(base64), character => character.charCodeAt(0))
}
