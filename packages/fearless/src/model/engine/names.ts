/**
 * Names that last for a whole search: the k-th child of a thread is the same process in every execution, its death and
 * its reaper too, and the k-th buffer that a thread asks for lies at the same address.
 *
 * So what a node of the search tree says of a process is true of it in every execution that passes there, and threads
 * that start others need no order among themselves.
 */
import { ModelError } from './error.ts'
import { PROCESSES, type Events } from './events.ts'

interface Buffer {
  readonly bytes: number
  readonly at: number
}

export class Names {
  readonly #events: Events
  readonly #children: number[][] = []
  readonly #births = new Uint8Array(PROCESSES + 1)
  readonly #deathOf = new Int8Array(PROCESSES + 1).fill(-1)
  readonly #reaperOf = new Int8Array(PROCESSES + 1).fill(-1)
  readonly #allocated = new Int32Array(PROCESSES + 1)
  /** The places of each thread's buffers, by how manieth they are, and for each size. */
  readonly #buffers: Buffer[][][] = []
  #nextBuffer: number

  constructor(events: Events, firstBuffer: number) {
    this.#events = events
    this.#nextBuffer = firstBuffer
  }

  /** Begins an execution: nobody has children yet. */
  begin(): void {
    for (let process = 0; process < this.#events.width; process++) {
      this.#births[process] = 0
      this.#allocated[process] = 0
    }
  }

  /** The next child of a thread. */
  child(parent: number): number {
    const children = (this.#children[parent] ??= [])
    return (children[this.#births[parent]++] ??= this.#name())
  }

  /** The process that is the thread's death, if it was ever to die; or -1. */
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

  /** Where the thread's next buffer of that many bytes lies. */
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
    if (process > PROCESSES) {
      throw new ModelError('option', `A model has more than ${PROCESSES} threads. Use fewer: a few find what there is.`)
    }
    this.#events.width++
    return process
  }
}
