/** The check whether this thread owns every handle of a channel, while another thread clones and drops its own. */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'
import { world } from '../model/drivers/world.ts'

type Life = typeof import('../model/harness/library-threads.ts')

const asking: DescribedModel<Life> = {
  name: 'a loop checks for other handles while a sender is cloned and dropped',
  threads: 2,
  operations: 3,
  program: life => () => {
    const { transferHandle, runThreads, dropResource, mpsc, ownsEveryHandle } = life
    life.loadThreadVariables()
    const [tx, rx] = mpsc.channel<number>()
    const channel = life.liveObjectOf(tx)
    const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
    runThreads(
      () => {
        const mine = takeRx()
        const stranded = ownsEveryHandle(channel, { all: life.channels.CHANNEL_HANDLES })
        assertInvariant(!stranded || mine.length === 1, 'the check missed a thread that could still send')
      },
      () => {
        const first = takeTx()
        const second = first.clone()
        dropResource(first)
        second.send(1)
        dropResource(second)
      },
    )
  },
}

/**
 * A thread receives twice: from a thread that then drops its sender, and from the loop, which checks in between whether
 * the thread is stranded.
 */
const joining: DescribedModel<Life> = {
  name: 'a loop checks whether a thread is stranded while another thread wakes it and drops its sender',
  threads: 3,
  operations: 2,
  program: life => () => {
    const { core, transferHandle, runThreads, dropResource, mpsc, self, describeStrandedSlot } = life
    life.loadThreadVariables()
    const [tx, rx] = mpsc.channel<number>()
    const got = core.allocate(self, 16)
    const [takeOurs, takeTheirs, takeRx] = [transferHandle(tx.clone()), transferHandle(tx), transferHandle(rx)]
    runThreads(
      () => {
        const ours = takeOurs()
        const slot = world().load(got + 4, 'i32') as number
        const stranded = slot !== 0 && describeStrandedSlot(slot) !== undefined
        assertInvariant(!stranded || world().load(got, 'i32') === 1, 'a stranded thread was woken by another thread')
        dropResource(ours)
      },
      () => {
        const mine = takeRx()
        world().store(got + 4, life.self, 'i32')
        assertInvariant(mine.recv().wait() === 1, 'received another value than the sent one')
        world().store(got, 1, 'i32')
        let ended = false
        try {
          mine.recv().wait()
        } catch {
          ended = true
        }
        assertInvariant(ended, 'the second receive did not fail')
      },
      () => {
        const theirs = takeTheirs()
        theirs.send(1)
        dropResource(theirs)
      },
    )
  },
}

const file = 'wait/loop-deadlock.ts'

export default {
  source: file,
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
} satisfies ModelFile<Life>
