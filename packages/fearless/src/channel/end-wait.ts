/** The wait until the other side of a channel is dropped or closed. The drop wakes the waiters. */
import { thingOf, type Handle } from '../memory/handles/handle.ts'
import { PENDING, type Pending } from '../wait/attempt.ts'
import { QueueWait } from '../wait/queue-operation.ts'

export class EndWait extends QueueWait<void> {
  readonly #handle: Handle
  readonly #queue: number
  readonly #hasEnded: (thing: number) => boolean

  /** `queue` is the offset of the wait queue in the object. */
  constructor(handle: Handle, queue: number, hasEnded: (thing: number) => boolean) {
    super()
    this.#handle = handle
    this.#queue = queue
    this.#hasEnded = hasEnded
  }
  override poll(): void | Pending {
    if (!this.ready()) return PENDING
  }
  owners(): readonly Handle[] {
    return [this.#handle]
  }
  override ready(): boolean {
    return this.#hasEnded(thingOf(this.#handle))
  }
  override queue(): number {
    return thingOf(this.#handle) + this.#queue
  }
}
