/**
 * One shared memory per process and the core bound to it: as WebAssembly, or as plain JavaScript where a page's
 * policy forbids WebAssembly or `FEARLESS_CORE=js` asks for it.
 *
 * The memory takes its whole reserve of addresses at once, so that no view ever goes stale; the operating system gives
 * it pages only when they are touched.
 */
import { platform } from '#platform'
import { EnvironmentError } from '../errors.ts'
import { wasm } from './core.generated.ts'
import * as javascript from './exports.ts'
import { firstWords } from './first-words.ts'
import { bindMemory } from './memory.ts'
import {
  FREE_SLOTS,
  MAX_SLOTS,
  MAX_WORKERS,
  NEXT_SLOT,
  NEXT_THREAD,
  PARALLELISM,
  QUEUE_LIMIT,
  SLOTS,
  SLOT_BLOCKS,
  SLOT_ID,
  SLOT_SIZE,
} from './layout.ts'

const DEFAULT_MIB = 2047
/** Main and the supervisor have slots too, and slot 0 is none. */
export const MOST_WORKERS = MAX_SLOTS - 3
/** `QUEUE_LIMIT` of a queue that has no limit. */
export const NO_LIMIT = 0x7fff_ffff
const PAGES_PER_MIB = 16

const inherited = platform.inheritance
export const sharedMemory: WebAssembly.Memory = inherited?.memory ?? newMemory()

/** Address of this thread's slot. */
export const self: number = SLOTS + (inherited?.slot ?? 1) * SLOT_SIZE

bindMemory(sharedMemory.buffer)
if (inherited === undefined) initialise()
/** The core's binary, for the threads to come: compiled once per process. Undefined where the core is plain JavaScript. */
export const sharedModule: WebAssembly.Module | undefined = inherited === undefined ? compileCore() : inherited.module
export const core: typeof javascript = { ...bindCore(sharedModule) }

function newMemory(): WebAssembly.Memory {
  if (typeof SharedArrayBuffer === 'undefined') {
    throw new EnvironmentError(
      'This page has no shared memory, because it is not cross-origin isolated. ' +
        'Serve it with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.',
    )
  }
  const mib = wholeNumber('FEARLESS_HEAP_MB', 'of MiB', 4, DEFAULT_MIB) ?? DEFAULT_MIB
  const pages = mib * PAGES_PER_MIB
  try {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: pages, shared: true })
    memory.grow(pages - 1)
    return memory
  } catch (cause) {
    throw new EnvironmentError(
      `The system refused ${mib} MiB of addresses for the shared heap. ` +
        'Set FEARLESS_HEAP_MB to less, or raise the limit of the address space (`ulimit -v`).',
      { cause },
    )
  }
}

/** A setting of the environment; undefined if it is not set. Throws `EnvironmentError`. */
export function wholeNumber(name: string, of: string, least: number, most: number): number | undefined {
  const setting = platform.setting(name)
  if (setting === undefined) return undefined
  const value = setting === '' ? NaN : Number(setting)
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new EnvironmentError(
    `${name} is ${JSON.stringify(setting)}. It must be a whole number ${of} from ${least} to ${most}.`,
  )
}

function initialise(): void {
  const words = new Int32Array(sharedMemory.buffer)
  for (const [at, value] of firstWords(sharedMemory.buffer.byteLength)) words[at >> 2] = value
  words[NEXT_SLOT >> 2] = 2
  words[FREE_SLOTS >> 2] = 0
  words[NEXT_THREAD >> 2] = 2
  words[PARALLELISM >> 2] = wholeNumber('FEARLESS_WORKERS', 'of workers', 1, MOST_WORKERS) ?? platform.parallelism()
  words[MAX_WORKERS >> 2] = wholeNumber('FEARLESS_MAX_WORKERS', 'of workers', 1, MOST_WORKERS) ?? MOST_WORKERS
  words[QUEUE_LIMIT >> 2] = wholeNumber('FEARLESS_QUEUE_LIMIT', 'of threads', 1, NO_LIMIT) ?? NO_LIMIT
  words[(self + SLOT_ID) >> 2] = 1
  words[(self + SLOT_BLOCKS) >> 2] = platform.mayBlock ? 1 : 0
}

function compileCore(): WebAssembly.Module | undefined {
  const asked = platform.setting('FEARLESS_CORE')
  if (asked === 'js') return undefined
  if (asked !== undefined && asked !== 'wasm') {
    throw new EnvironmentError(`FEARLESS_CORE is ${JSON.stringify(asked)}. It must be "wasm" or "js".`)
  }
  try {
    return new WebAssembly.Module(bytesOf(wasm))
  } catch (error) {
    // A content security policy without wasm-unsafe-eval: the same source as JavaScript takes over.
    if (asked === undefined && error instanceof WebAssembly.CompileError) return undefined
    throw error
  }
}

function bindCore(module: WebAssembly.Module | undefined): typeof javascript {
  if (module === undefined) return javascript
  const { exports } = new WebAssembly.Instance(module, { env: { memory: sharedMemory, abort: () => {} } })
  return exports as unknown as typeof javascript
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  // Newer than some of the runtimes; saves 2 ms over the loop, which runs once and so is never compiled.
  const { fromBase64 } = Uint8Array as { fromBase64?: (base64: string) => Uint8Array<ArrayBuffer> }
  if (fromBase64 !== undefined) return fromBase64.call(Uint8Array, base64)
  return Uint8Array.from(atob(base64), character => character.charCodeAt(0))
}
