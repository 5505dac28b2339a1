/**
 * Model of Weak: `upgrade` succeeds while an owner exists and never afterwards. The contents are dropped once, with
 * the last owner. The contents are a Mutex with the only sender of a channel, so the channel shows when they are
 * dropped.
 */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'
import type { Receiver } from '../channel/receiver.ts'
import type { Sender } from '../channel/sender.ts'
import type { Handle } from '../memory/handles/handle.ts'
import type { Shared } from '../send.ts'
import type { Mutex } from './mutex.ts'
import type { Weak } from './weak.ts'

type Life = typeof import('../model/harness/library-threads.ts')
type Owned = Mutex<Sender<number>>

/** Drops the handle in another thread. */
function drops({ dropResource, transferHandle }: Life, handle: unknown): () => () => void {
  const take = transferHandle(handle as Handle) as () => unknown
  return () => {
    const mine = take() as Disposable
    return () => dropResource(mine)
  }
}

/** Upgrades the weak owner if possible, and drops the new owner. */
function upgrades({ dropResource, transferHandle }: Life, weak: Weak<Owned>, rx: Receiver<number>): () => () => void {
  const take = transferHandle(weak)
  return () => {
    const mine = take()
    return () => {
      const owner = mine.upgrade() as unknown as Disposable | undefined
      if (owner !== undefined) {
        // Throws if the channel is closed.
        assertInvariant(rx.recv().try() === undefined, 'no message was sent')
        dropResource(owner)
      }
      dropResource(mine)
    }
  }
}

/**
 * `owners` owners and `weaks` weak owners run concurrently. Without owners, one owner remains until they have
 * finished.
 */
function owning(
  name: string,
  owners: number,
  weaks: number,
  mortals: number,
  preemptions?: number,
): DescribedModel<Life> {
  return {
    name,
    threads: owners + weaks,
    operations: 1,
    ...(preemptions === undefined ? {} : { preemptions }),
    program: life => () => {
      life.loadThreadVariables()
      const { Arc, Mutex, core, dropResource, mpsc, runThreadsWithDeaths, self } = life
      const [tx, rx] = mpsc.channel<number>()
      const arc = new Arc(new Mutex(tx))
      const arcs = Array.from({ length: owners }, (_, i) => (i === 0 ? arc : Arc.clone(arc)))
      const knowing = Array.from({ length: weaks }, () => Arc.downgrade(arc as Shared<Owned>))
      runThreadsWithDeaths(mortals, [
        ...knowing.map(weak => upgrades(life, weak, rx)),
        ...arcs.map(each => drops(life, each)),
      ])
      if (owners === 0) dropResource(arc as unknown as Disposable)
      for (const value of rx) assertInvariant(value === 0, 'no message was sent')
      // If a lock was freed twice, two allocations return the same address.
      const [a, b] = [core.allocateOfClass(self, core.LOCKS), core.allocateOfClass(self, core.LOCKS)]
      assertInvariant(a !== b, 'the lock was freed twice')
    },
  }
}

/** One thread takes the value out of its Arc, another upgrades. Exactly one of them gets the value. */
const taking: DescribedModel<Life> = {
  name: 'the last owner takes the value out while a weak owner upgrades',
  threads: 2,
  operations: 1,
  program: life => () => {
    life.loadThreadVariables()
    const { Arc, Mutex, core, dropResource, transferHandle, runThreads, self } = life
    const arc = new Arc(new Mutex(0))
    const weak = Arc.downgrade(arc)
    const got = core.allocate(self, 16)
    core.wordStore(got, 0)
    const [takeArc, takeWeak] = [transferHandle(arc as unknown as Mutex<number>), transferHandle(weak)]
    runThreads(
      () => {
        const mine = takeArc()
        const inner = Arc.intoInner(mine as unknown as Shared<Mutex<number>>)
        if (inner === undefined) return
        const guard = inner.getMut()
        guard.value += 1
        dropResource(guard)
        dropResource(inner)
        core.wordAdd(got, 1)
      },
      () => {
        const mine = takeWeak()
        const owner = mine.upgrade() as unknown as Mutex<number> | undefined
        if (owner === undefined) assertInvariant(core.wordLoad(got) >= 0, 'no thread has the value')
        else {
          const guard = owner.lock().wait()
          assertInvariant(guard.value === 0, 'the value was taken out and has another owner')
          dropResource(guard)
          dropResource(owner)
          core.wordAdd(got, 2)
        }
        dropResource(mine)
      },
    )
    assertInvariant(core.wordLoad(got) > 0, 'no thread had the value')
  },
}

export default {
  source: 'sync/weak.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...owning('the last owner is dropped while a weak owner upgrades', 1, 1, 0),
      twins: [
        {
          name: 'checks for owners and adds one in two steps',
          file: 'core/handles.ts',
          from: '    if (cas(owners, count, count + 1) != count) continue\n',
          to: '    add(owners, 1)\n',
        },
        {
          name: 'an owner count of 0 increases again',
          file: 'core/handles.ts',
          from: '    if ((count & OWNER_COUNT) == 0 || (count & ~OWNER_COUNT) != generation) break\n',
          to: '    if ((count & ~OWNER_COUNT) != generation) break\n',
        },
        {
          name: 'the owners do not count as a weak owner',
          file: 'sync/owner-count.ts',
          from: '  if (add(thing + kind.weaks, -1) === 1) core.free(self, thing)',
          to: '  if (add(thing + kind.weaks, -1) <= 2) core.free(self, thing)',
        },
      ],
    },
    {
      ...taking,
      twins: [
        {
          name: 'taking the value out does not check for other owners',
          file: 'core/count.ts',
          from: '(count & OWNER_COUNT) == 1 && cas(owners, count, count + GENERATION)',
          to: 'cas(owners, count, count + GENERATION)',
        },
        {
          name: 'an upgrade does not check the generation',
          file: 'core/handles.ts',
          from: ' || (count & ~OWNER_COUNT) != generation) break\n',
          to: ') break\n',
        },
        {
          // The only owner saw the late count and was told that there are other owners.
          name: 'a late upgrade counts itself until it checks the generation',
          file: 'core/handles.ts',
          from: ' || (count & ~OWNER_COUNT) != generation) break\n    if (cas(owners, count, count + 1) != count) continue\n',
          to: ') break\n    if (cas(owners, count, count + 1) != count) continue\n    if ((count & ~OWNER_COUNT) != generation) {\n      add(owners, -1)\n      break\n    }\n',
        },
      ],
    },
    {
      ...owning('one of two threads that upgrade dies', 0, 2, 1),
      twins: [
        {
          // The owner was counted before it had a record. If its thread died in between, the contents were never
          // dropped.
          name: 'an owner can die between its count and its record',
          file: 'core/handles.ts',
          from: '    adoptHandle(self, handle, 0)\n    return handle\n  }\n',
          to: '    deathPoint()\n    adoptHandle(self, handle, 0)\n    return handle\n  }\n',
        },
        {
          name: 'the reaper does not drop the records of a dead thread',
          file: 'thread/pool/reaper.ts',
          from: '    if (owner === id || (packing && owner === -1 - id)) attempt(() => dropDeadRecord(record))\n',
          to: '    if (packing && owner === -1 - id) attempt(() => dropDeadRecord(record))\n',
        },
      ],
    },
    {
      ...owning('the last owner dies while it drops the contents, or an upgrading thread dies', 1, 1, 2),
      twins: [
        {
          name: 'the last owner has no record while it drops the contents',
          file: 'core/handles.ts',
          from: '    store(handle + HANDLE_OWNER, get(self + SLOT_ID))\n    return 1\n',
          to: '    store(handle + HANDLE_OWNER, 0)\n    return 1\n',
        },
        {
          name: 'the reaper counts the last owner out again',
          file: 'sync/owner-count.ts',
          from: 'note === LAST_OWNER ? dropContents(kind, thing) : dropOwner(kind, thing)',
          to: 'dropOwner(kind, thing)',
        },
      ],
    },
    ...[
      owning('owners are dropped while a weak owner upgrades', 2, 1, 0),
      owning('the last owner is dropped while weak owners upgrade', 1, 2, 0),
    ].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies ModelFile<Life>
