/** The wait until the other side of a channel is dropped or closed. The drop wakes the waiters. */
import { liveObjectOf, type Handle } from '../memory/handles/handle.ts'
import { PENDING, type Pending } from '../wait/operation.ts'
import { QueueWait } from '../wait/queue-operation.ts'

export class DropWait extends QueueWait<void> {
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
  override tryComplete(): void | Pending {
    if (!this.isReady()) return PENDING
  }
  owners(): readonly Handle[] {
    return [this.#handle]
  }
  override isReady(): boolean {
    return this.#hasEnded(liveObjectOf(this.#handle))
  }
  override queue(): number {
    return liveObjectOf(this.#handle) + this.#queue
  }
}
