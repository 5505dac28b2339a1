/**
 * The shared memory of the process: the first thread creates it, and a worker inherits it.
 *
 * The memory reserves all its addresses at once, so a view never becomes stale. The operating system allocates a page
 * when it is first touched.
 */
import { platform } from '#platform'
import { EnvironmentError } from '../errors.ts'
import { wholeNumber } from '../platform/settings.ts'

const DEFAULT_MIB = 2047
/** The least heap of a process that has not chosen a size. */
const LEAST_MIB = 32
/** The part of a limited address space that the heap takes: 1 / 8 of it. */
const HEAP_SHARE = 8
const PAGES_PER_MIB = 16

export const sharedMemory: WebAssembly.Memory = platform.inheritance?.memory ?? newMemory()

function newMemory(): WebAssembly.Memory {
  const mib = wholeNumber('FEARLESS_HEAP_MB', 'of MiB', 4, DEFAULT_MIB) ?? defaultSize()
  const pages = mib * PAGES_PER_MIB
  try {
    // WebKit fills the pages by which a memory grows: 8 s for 2 GiB.
    const initial = platform.name === 'browser' ? pages : 1
    const memory = new WebAssembly.Memory({ initial, maximum: pages, shared: true })
    if (initial < pages) memory.grow(pages - initial)
    return memory
  } catch (cause) {
    throw new EnvironmentError(
      `The system refused ${mib} MiB of addresses for the shared heap. ` +
        'Set FEARLESS_HEAP_MB to less, or raise the limit of the address space (`ulimit -v`).',
      { cause },
    )
  }
}

/** Each worker reserves 600 MiB of addresses or more, and V8 ends the process if there are none left. */
function defaultSize(): number {
  const limit = platform.addressSpaceMib?.()
  return limit === undefined ? DEFAULT_MIB : Math.min(DEFAULT_MIB, Math.max(LEAST_MIB, Math.floor(limit / HEAP_SHARE)))
}
