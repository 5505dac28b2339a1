/**
 * A weak owner becomes one as long as there is one, and never afterwards; what is owned ends once, with the last owner.
 * Here that is the only sender of a channel, in a Mutex: the channel tells.
 */
import { expect } from '../model/harness/core-threads.ts'
import type { Described, Model } from '../model/harness/described.ts'
import type { Receiver } from '../channel/receiver.ts'
import type { Sender } from '../channel/sender.ts'
import type { Handle } from '../memory/handles/handle.ts'
import type { Shared } from '../send.ts'
import type { Mutex } from './mutex.ts'
import type { Weak } from './weak.ts'

type Life = typeof import('../model/harness/library-threads.ts')
type Owned = Mutex<Sender<number>>

/** Ends what was given to it. */
function drops({ end, give }: Life, handle: unknown): () => () => void {
  const take = give(handle as Handle) as () => unknown
  return () => {
    const mine = take() as Disposable
    return () => end(mine)
  }
}

/** Becomes an owner, if it can, and is no more then. */
function upgrades({ end, give }: Life, weak: Weak<Owned>, rx: Receiver<number>): () => () => void {
  const take = give(weak)
  return () => {
    const mine = take()
    return () => {
      const owner = mine.upgrade() as unknown as Disposable | undefined
      if (owner !== undefined) {
        // Throws if the channel is closed.
        expect(rx.recv().try() === undefined, 'nothing was sent')
        end(owner)
      }
      end(mine)
    }
  }
}

/** What `owners` and so many weak owners do at a time; without owners, one stays until they are done. */
function owning(name: string, owners: number, weaks: number, mortals: number, preemptions?: number): Model<Life> {
  return {
    name,
    threads: owners + weaks,
    operations: 1,
    ...(preemptions === undefined ? {} : { preemptions }),
    program: life => () => {
      life.settle()
      const { Arc, Mutex, core, end, mpsc, playWith, self } = life
      const [tx, rx] = mpsc.channel<number>()
      const arc = new Arc(new Mutex(tx))
      const arcs = Array.from({ length: owners }, (_, i) => (i === 0 ? arc : Arc.clone(arc)))
      const knowing = Array.from({ length: weaks }, () => Arc.downgrade(arc as Shared<Owned>))
      playWith(mortals, [...knowing.map(weak => upgrades(life, weak, rx)), ...arcs.map(each => drops(life, each))])
      if (owners === 0) end(arc as unknown as Disposable)
      for (const value of rx) expect(value === 0, 'nothing was sent')
      // A lock that was freed twice is given to two.
      const [a, b] = [core.takeThing(self, core.LOCKS), core.takeThing(self, core.LOCKS)]
      expect(a !== b, 'it was freed twice')
    },
  }
}

/** Taking a thing out of its Arc, and becoming an owner of it: one of them has it. */
const taking: Model<Life> = {
  name: 'the last owner takes it out while a weak one becomes an owner',
  threads: 2,
  operations: 1,
  program: life => () => {
    life.settle()
    const { Arc, Mutex, core, end, give, play, self } = life
    const arc = new Arc(new Mutex(0))
    const weak = Arc.downgrade(arc)
    const got = core.allocate(self, 16)
    core.wordStore(got, 0)
    const [takeArc, takeWeak] = [give(arc as unknown as Mutex<number>), give(weak)]
    play(
      () => {
        const mine = takeArc()
        const inner = Arc.intoInner(mine as unknown as Shared<Mutex<number>>)
        if (inner === undefined) return
        const guard = inner.getMut()
        guard.value += 1
        end(guard)
        end(inner)
        core.wordAdd(got, 1)
      },
      () => {
        const mine = takeWeak()
        const owner = mine.upgrade() as unknown as Mutex<number> | undefined
        if (owner === undefined) expect(core.wordLoad(got) >= 0, 'nobody has it')
        else {
          const guard = owner.lock().wait()
          expect(guard.value === 0, 'it was taken out and has another owner')
          end(guard)
          end(owner)
          core.wordAdd(got, 2)
        }
        end(mine)
      },
    )
    expect(core.wordLoad(got) > 0, 'nobody had it')
  },
}

export default {
  of: 'sync/weak.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...owning('the last owner goes while a weak one becomes an owner', 1, 1, 0),
      twins: [
        {
          name: 'looks for owners and becomes one in two steps',
          file: 'core/handles.ts',
          from: '    if (cas(owners, count, count + 1) != count) continue\n',
          to: '    add(owners, 1)\n',
        },
        {
          name: 'comes back from no owner',
          file: 'core/handles.ts',
          from: '    if ((count & OWNER_COUNT) == 0 || (count & ~OWNER_COUNT) != generation) break\n',
          to: '    if ((count & ~OWNER_COUNT) != generation) break\n',
        },
        {
          name: 'owners together do not count as a weak one',
          file: 'sync/counted.ts',
          from: '  if (Atomics.sub(i32, (thing + kind.weaks) >> 2, 1) === 1) core.release(self, thing)',
          to: '  if (Atomics.sub(i32, (thing + kind.weaks) >> 2, 1) <= 2) core.release(self, thing)',
        },
      ],
    },
    {
      ...taking,
      twins: [
        {
          name: 'who takes it out does not look for others',
          file: 'core/count.ts',
          from: '(count & OWNER_COUNT) == 1 && cas(owners, count, count + GENERATION)',
          to: 'cas(owners, count, count + GENERATION)',
        },
        {
          name: 'a weak one does not look which thing it is',
          file: 'core/handles.ts',
          from: ' || (count & ~OWNER_COUNT) != generation) break\n',
          to: ') break\n',
        },
        {
          // Its only owner was told then that there are others.
          name: 'a weak one that comes too late is counted until it notices',
          file: 'core/handles.ts',
          from: ' || (count & ~OWNER_COUNT) != generation) break\n    if (cas(owners, count, count + 1) != count) continue\n',
          to: ') break\n    if (cas(owners, count, count + 1) != count) continue\n    if ((count & ~OWNER_COUNT) != generation) {\n      add(owners, -1)\n      break\n    }\n',
        },
      ],
    },
    {
      ...owning('one of two that become owners dies', 0, 2, 1),
      twins: [
        {
          // It was counted before it had a record: where a thread died in between, what was owned never ended.
          name: 'an owner can die between its count and its record',
          file: 'core/handles.ts',
          from: '    adoptHandle(self, handle, 0)\n    return handle\n  }\n',
          to: '    deathPoint()\n    adoptHandle(self, handle, 0)\n    return handle\n  }\n',
        },
        {
          name: 'the reaper forgets what the dead owned',
          file: 'thread/pool/reaper.ts',
          from: '    if (owner === id || (packing && owner === -1 - id)) attempt(() => buryRecord(record))\n',
          to: '    if (packing && owner === -1 - id) attempt(() => buryRecord(record))\n',
        },
      ],
    },
    {
      ...owning('the last owner dies over the end of what it owned, or who becomes one does', 1, 1, 2),
      twins: [
        {
          name: 'the last owner has no record while it ends what it owned',
          file: 'core/handles.ts',
          from: '    store(handle + HANDLE_OWNER, get(self + SLOT_ID))\n    return 1\n',
          to: '    store(handle + HANDLE_OWNER, 0)\n    return 1\n',
        },
        {
          name: 'the reaper counts the last owner out once more',
          file: 'sync/counted.ts',
          from: 'note === LAST_OWNER ? endContents(kind, thing) : dropOwner(kind, thing)',
          to: 'dropOwner(kind, thing)',
        },
      ],
    },
    ...[
      owning('last owners go while a weak one becomes an owner', 2, 1, 0),
      owning('the last owner goes while weak ones become owners', 1, 2, 0),
    ].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies Described<Life>
