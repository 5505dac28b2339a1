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
import { bindMemory } from './memory.ts'
import {
  FIRST_SPAN,
  FREE_SLOTS,
  HEAP_END,
  HEAP_TOP,
  NEXT_SLOT,
  NEXT_THREAD,
  PARALLELISM,
  SLOTS,
  SLOT_BLOCKS,
  SLOT_ID,
  SLOT_SIZE,
} from './layout.ts'

const DEFAULT_MIB = 2047
const PAGES_PER_MIB = 16

const inherited = platform.inheritance
export const sharedMemory: WebAssembly.Memory = inherited?.memory ?? newMemory()

/** Address of this thread's slot. */
export const self: number = SLOTS + (inherited?.slot ?? 1) * SLOT_SIZE

bindMemory(sharedMemory.buffer)
if (inherited === undefined) initialise()
export const core: typeof javascript = { ...bindCore() }

function newMemory(): WebAssembly.Memory {
  if (typeof SharedArrayBuffer === 'undefined') {
    throw new EnvironmentError(
      'This page has no shared memory, because it is not cross-origin isolated. ' +
        'Serve it with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.',
    )
  }
  const setting = platform.setting('FEARLESS_HEAP_MB')
  const mib = setting === undefined ? DEFAULT_MIB : Number(setting)
  if (!Number.isInteger(mib) || mib < 4 || mib > DEFAULT_MIB) {
    throw new EnvironmentError(
      `FEARLESS_HEAP_MB is ${JSON.stringify(setting)}. It must be a whole number of MiB from 4 to ${DEFAULT_MIB}.`,
    )
  }
  const pages = mib * PAGES_PER_MIB
  const memory = new WebAssembly.Memory({ initial: 1, maximum: pages, shared: true })
  memory.grow(pages - 1)
  return memory
}

function initialise(): void {
  const words = new Int32Array(sharedMemory.buffer)
  words[HEAP_TOP >> 2] = FIRST_SPAN
  words[HEAP_END >> 2] = sharedMemory.buffer.byteLength
  words[NEXT_SLOT >> 2] = 2
  words[FREE_SLOTS >> 2] = 0
  words[NEXT_THREAD >> 2] = 2
  words[PARALLELISM >> 2] = platform.parallelism()
  words[(self + SLOT_ID) >> 2] = 1
  words[(self + SLOT_BLOCKS) >> 2] = platform.mayBlock ? 1 : 0
}

function bindCore(): typeof javascript {
  const asked = platform.setting('FEARLESS_CORE')
  if (asked === 'js') return javascript
  if (asked !== undefined && asked !== 'wasm') {
    throw new EnvironmentError(`FEARLESS_CORE is ${JSON.stringify(asked)}. It must be "wasm" or "js".`)
  }
  try {
    const text = atob(wasm)
    const bytes = new Uint8Array(text.length)
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: { memory: sharedMemory, abort: () => {} },
    })
    return instance.exports as unknown as typeof javascript
  } catch (error) {
    // A content security policy without wasm-unsafe-eval: the same source as JavaScript takes over.
    if (asked === undefined && error instanceof WebAssembly.CompileError) return javascript
    throw error
  }
}
