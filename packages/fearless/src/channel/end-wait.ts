/** The wait until the other side of a channel is dropped or closed. The drop wakes the waiters. */
import { core, self } from '../core/index.ts'
import { thingOf, type Handle } from '../memory/handles/handle.ts'
import { PENDING, type Pending } from '../wait/attempt.ts'
import { PlainWait } from '../wait/wait.ts'

export class EndWait extends PlainWait<void> {
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
  override enter(waiter: number): boolean {
    core.enterQueue(self, thingOf(this.#handle) + this.#queue, waiter)
    return true
  }
  override leave(waiter: number): boolean {
    return core.leaveQueue(self, waiter) !== 0
  }
}
