/**
 * Numbers of processes and addresses of buffers that stay the same during a whole search.
 *
 * The k-th child of a thread is the same process in every execution, and so are its death and its reaper. The k-th
 * buffer that a thread allocates has the same address. So the sets of processes at a node of the search tree hold in
 * every execution that passes through the node, and spawns of different threads are independent.
 */
import { ModelError } from './error.ts'
import { MAX_PROCESSES, type Events } from './events.ts'

interface Buffer {
  readonly bytes: number
  readonly at: number
}

export class StableNames {
  readonly #events: Events
  readonly #children: number[][] = []
  readonly #births = new Uint8Array(MAX_PROCESSES + 1)
  readonly #deathOf = new Int8Array(MAX_PROCESSES + 1).fill(-1)
  readonly #reaperOf = new Int8Array(MAX_PROCESSES + 1).fill(-1)
  readonly #allocated = new Int32Array(MAX_PROCESSES + 1)
  /** The addresses of each thread's buffers: by index of the allocation, then one for each size. */
  readonly #buffers: Buffer[][][] = []
  #nextBuffer: number

  constructor(events: Events, firstBuffer: number) {
    this.#events = events
    this.#nextBuffer = firstBuffer
  }

  /** Begins an execution, in which no process has children yet. */
  begin(): void {
    for (let process = 0; process < this.#events.width; process++) {
      this.#births[process] = 0
      this.#allocated[process] = 0
    }
  }

  /** Returns the next child of a thread. */
  child(parent: number): number {
    const children = (this.#children[parent] ??= [])
    return (children[this.#births[parent]++] ??= this.#name())
  }

  /** Returns the process that is the thread's death, or -1 if the thread never could die. */
  deathOf(thread: number): number {
    return this.#deathOf[thread]
  }

  nameDeath(thread: number): number {
    if (this.#deathOf[thread] < 0) this.#deathOf[thread] = this.#name()
    return this.#deathOf[thread]
  }

  nameReaper(thread: number): number {
    if (this.#reaperOf[thread] < 0) this.#reaperOf[thread] = this.#name()
    return this.#reaperOf[thread]
  }

  /** Returns the address of the thread's next buffer of this size. */
  buffer(thread: number, bytes: number): number {
    const nth = this.#allocated[thread]++
    const places = ((this.#buffers[thread] ??= [])[nth] ??= [])
    for (const place of places) if (place.bytes === bytes) return place.at
    const at = this.#nextBuffer
    this.#nextBuffer += (bytes + 15) & ~7
    places.push({ bytes, at })
    return at
  }

  #name(): number {
    const process = this.#events.width
    if (process > MAX_PROCESSES) {
      throw new ModelError(
        'option',
        `A model may have at most ${MAX_PROCESSES} threads and deaths. Use fewer threads: a small model finds the same bugs.`,
      )
    }
    this.#events.width++
    return process
  }
}
