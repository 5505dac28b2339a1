/** The check whether this thread owns every handle of a channel, while another thread clones and drops its own. */
import { expect } from '../model/harness/core-threads.ts'
import type { Described, Model } from '../model/harness/described.ts'
import { world } from '../model/drivers/world.ts'

type Life = typeof import('../model/harness/library-threads.ts')

const asking: Model<Life> = {
  name: 'a loop checks for other handles while a sender is cloned and dropped',
  threads: 2,
  operations: 3,
  program: life => () => {
    const { give, play, end, mpsc, isOnlyOurs } = life
    life.settle()
    const [tx, rx] = mpsc.channel<number>()
    const channel = life.thingOf(tx)
    const [takeTx, takeRx] = [give(tx), give(rx)]
    play(
      () => {
        const mine = takeRx()
        const stranded = isOnlyOurs(channel, { all: life.channels.CHANNEL_HANDLES })
        expect(!stranded || mine.length === 1, 'the check missed a thread that could still send')
      },
      () => {
        const first = takeTx()
        const second = first.clone()
        end(first)
        second.send(1)
        end(second)
      },
    )
  },
}

/**
 * A thread receives twice: from a thread that then drops its sender, and from the loop, which checks in between whether
 * the thread is stranded.
 */
const joining: Model<Life> = {
  name: 'a loop checks whether a thread is stranded while another thread wakes it and drops its sender',
  threads: 3,
  operations: 2,
  program: life => () => {
    const { core, give, play, end, mpsc, self, strandedSlot } = life
    life.settle()
    const [tx, rx] = mpsc.channel<number>()
    const got = core.allocate(self, 16)
    const [takeOurs, takeTheirs, takeRx] = [give(tx.clone()), give(tx), give(rx)]
    play(
      () => {
        const ours = takeOurs()
        const slot = world().load(got + 4, 'i32') as number
        const stranded = slot !== 0 && strandedSlot(slot) !== undefined
        expect(!stranded || world().load(got, 'i32') === 1, 'a stranded thread was woken by another thread')
        end(ours)
      },
      () => {
        const mine = takeRx()
        world().store(got + 4, life.self, 'i32')
        expect(mine.recv().wait() === 1, 'received another value than the sent one')
        world().store(got, 1, 'i32')
        let ended = false
        try {
          mine.recv().wait()
        } catch {
          ended = true
        }
        expect(ended, 'the second receive did not fail')
      },
      () => {
        const theirs = takeTheirs()
        theirs.send(1)
        end(theirs)
      },
    )
  },
}

const file = 'wait/loop-deadlock.ts'

export default {
  of: file,
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...asking,
      preemptions: 1,
      twins: [
        {
          name: 'the handle count is ignored',
          file,
          from: 'return weak === 1 && (load(thing + counts.all) & OWNER_COUNT) === ours',
          to: 'return weak === 1',
        },
      ],
    },
    { ...asking, deep: true },
    {
      ...joining,
      preemptions: 1,
      twins: [
        {
          name: 'a thread that was woken during the check counts as asleep',
          file,
          from: '  if (!sleepers.every(stillSleeps)) return new Map()\n',
          to: '',
        },
        {
          name: 'the handle count is ignored for a thread',
          file,
          from: '    if (!areOnlyOf(owner => ids.has(owner), thing, waited.counts)) return undefined\n',
          to: '',
        },
      ],
    },
    { ...joining, preemptions: 2, deep: true },
  ],
} satisfies Described<Life>
