/**
 * A wait group, after Go's `sync.WaitGroup` and crossbeam's `WaitGroup`: waits until all members have been dropped.
 * core/wait-group.ts defines its words and protocol.
 *
 * The reaper drops the members of a dead thread, so a death completes the wait.
 */
import { HANDLE_STATE } from '../core/handles.ts'
import { core, self } from '../core/index.ts'
import { get, load, set } from '../core/memory.ts'
import { GROUP_BYTES, GROUP_HANDLES, GROUP_QUEUE, GROUP_MEMBERS } from '../core/wait-group.ts'
import { DroppedError } from '../errors.ts'
import {
  Handle,
  cloneHandle,
  defineHandleClass,
  dropHandle,
  newRecord,
  liveObjectOf,
} from '../memory/handles/handle.ts'
import { allocate, i32, free } from '../memory/heap.ts'
import { WAIT_GROUP } from '../memory/handles/kinds.ts'
import type { Crossing, crossing } from '../send.ts'
import { PENDING, type Pending } from '../wait/operation.ts'
import { QueueWait } from '../wait/queue-operation.ts'
import type { Wait } from '../wait/wait.ts'

/**
 * Waits for a number of members that need not be known beforehand. Each member holds a clone and drops it when it has
 * finished.
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
 * A member that was moved into a thread is dropped when the thread ends, normally or not. The accesses of a member
 * before its drop happen before the end of the wait.
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

  /** Adds a member to the group. Throws `DroppedError` if this handle has left the group by waiting. */
  clone(): WaitGroup {
    liveObjectOf(this)
    if (get(this.record + HANDLE_STATE) === 0) {
      throw new DroppedError('This WaitGroup has left its group by waiting for it. Clone it before it waits.')
    }
    return cloneHandle(this)
  }

  /**
   * Waits until no member is left, and returns `true`. From its first wait on, this handle is itself no longer a
   * member.
   *
   * Several handles may wait, and none of them waits for another.
   */
  finished(): Wait<true> {
    return this.#finished
  }

  /** Drops this handle, and removes it from the group unless waiting has removed it before. */
  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

class Finished extends QueueWait<true> {
  readonly #group: WaitGroup

  constructor(group: WaitGroup) {
    super()
    this.#group = group
  }
  override tryComplete(): true | Pending {
    const group = liveObjectOf(this.#group)
    core.leaveGroup(self, group, this.#group.record)
    return core.isGroupDone(group) === 0 ? PENDING : true
  }
  override isReady(): boolean {
    return core.isGroupDone(liveObjectOf(this.#group)) !== 0
  }
  override queue(): number {
    return liveObjectOf(this.#group) + GROUP_QUEUE
  }
  owners(): readonly Handle[] {
    return [this.#group]
  }
}

function newGroup(): number {
  const group = allocate(GROUP_BYTES)
  i32.fill(0, group >> 2, (group + GROUP_BYTES) >> 2)
  set(group + GROUP_MEMBERS, 1)
  set(group + GROUP_HANDLES, 1)
  try {
    const record = newRecord(WAIT_GROUP, group, false)
    set(record + HANDLE_STATE, 1)
    return record
  } catch (error) {
    free(group)
    throw error
  }
}

defineHandleClass(WAIT_GROUP, WaitGroup, {
  name: 'WaitGroup',
  share: (group, record) => core.shareMember(self, group, record),
  drop: (group, record) => {
    if (core.dropMember(self, group, record) !== 0) free(group)
  },
  countsRecords: true,
  revive: record => new WaitGroup(record),
  onlyMemory: false,
  // A handle that has waited is not a member, so no other thread waits for it.
  observed: {
    handles: group => load(group + GROUP_HANDLES),
    isUnobservable: (_, record) => get(record + HANDLE_STATE) === 0,
  },
  inModules: 'owned',
})
