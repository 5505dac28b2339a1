/** A wait group: waits until all who were to do something are done. The protocol is in core/wait-group.ts. */
import { HANDLE_NOTE } from '../core/handles.ts'
import { core, self } from '../core/index.ts'
import { GROUP_BYTES, GROUP_HANDLES, GROUP_LINE, GROUP_MEMBERS } from '../core/wait-group.ts'
import { DroppedError } from '../errors.ts'
import { Handle, cloneHandle, defineKind, dropHandle, newRecord, thingOf } from '../memory/handles/handle.ts'
import { allocate, i32, release } from '../memory/heap.ts'
import { WAIT_GROUP } from '../memory/handles/kinds.ts'
import type { Crossing, crossing } from '../send.ts'
import { PENDING, type Pending } from '../wait/attempt.ts'
import { PlainWait, type Wait } from '../wait/wait.ts'

/**
 * Waits for a number of others that need not be known beforehand: each has a clone, and drops it when it is done.
 *
 * ```ts
 * const group = new WaitGroup()
 * const done = new AtomicI32(0)
 * for (let n = 1; n <= 3; n++) {
 *   const mine = group.clone()
 *   thread.spawn(move(() => { done.fetchAdd(n); drop(mine) }))
 * }
 * await group.finished()
 * done.load() // => 6
 * ```
 *
 * Moved into a thread, a member ends with it, however the thread ends. What a member did before it was dropped is visible
 * to whoever has waited.
 */
export class WaitGroup extends Handle {
  declare readonly [crossing]: Crossing<'WaitGroup', 'always', 'always'>
  readonly #finished: Wait<true> = new Finished(this)

  constructor()
  /** @internal */
  constructor(record?: number)
  constructor(record = newGroup()) {
    super(record)
  }

  /** One more member. Throws `DroppedError` if this one has left the group by waiting for it. */
  clone(): WaitGroup {
    thingOf(this)
    if (i32[(this.record + HANDLE_NOTE) >> 2] === 0) {
      throw new DroppedError('This WaitGroup has left its group by waiting for it. Clone it before it waits.')
    }
    return cloneHandle(this)
  }

  /**
   * Waits until no member is left, and gives `true`. From the first time that it is waited for, this handle is no member itself.
   *
   * Several may wait; none of them waits for another.
   */
  finished(): Wait<true> {
    return this.#finished
  }

  /** Leaves the group, if it has not left by waiting. */
  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

class Finished extends PlainWait<true> {
  readonly #group: WaitGroup

  constructor(group: WaitGroup) {
    super()
    this.#group = group
  }
  override poll(): true | Pending {
    const group = thingOf(this.#group)
    core.leaveGroup(self, group, this.#group.record)
    return core.isGroupDone(group) === 0 ? PENDING : true
  }
  override ready(): boolean {
    return core.isGroupDone(thingOf(this.#group)) !== 0
  }
  override enter(waiter: number): boolean {
    core.enterQueue(self, thingOf(this.#group) + GROUP_LINE, waiter)
    return true
  }
  override leave(waiter: number): boolean {
    return core.leaveQueue(self, waiter) !== 0
  }
  owners(): readonly Handle[] {
    return [this.#group]
  }
}

function newGroup(): number {
  const group = allocate(GROUP_BYTES)
  i32.fill(0, group >> 2, (group + GROUP_BYTES) >> 2)
  i32[(group + GROUP_MEMBERS) >> 2] = 1
  i32[(group + GROUP_HANDLES) >> 2] = 1
  try {
    const record = newRecord(WAIT_GROUP, group, false)
    i32[(record + HANDLE_NOTE) >> 2] = 1
    return record
  } catch (error) {
    release(group)
    throw error
  }
}

defineKind(WAIT_GROUP, WaitGroup, {
  name: 'WaitGroup',
  share: (group, record) => core.shareMember(self, group, record),
  drop: (group, record) => {
    if (core.endMember(self, group, record) !== 0) release(group)
  },
  countsRecords: true,
  revive: record => new WaitGroup(record),
  onlyMemory: false,
  // One that has waited is no member: no other thread waits for it.
  observed: {
    handles: group => Atomics.load(i32, (group + GROUP_HANDLES) >> 2),
    isUnobservable: (_, record) => i32[(record + HANDLE_NOTE) >> 2] === 0,
  },
  inModules: 'owned',
})
