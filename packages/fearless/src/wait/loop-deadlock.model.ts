/** The question whether this thread owns every handle of a channel, while another thread clones and ends its own. */
import { expect } from '../model/stage.ts'
import type { Described, Model } from '../model/described.ts'

type Life = typeof import('../model/cast.ts')

const asking: Model<Life> = {
  name: 'a loop asks who could wake it while a sender is cloned and dropped',
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
        expect(!stranded || mine.length === 1, 'a thread that could still send was not seen')
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

const file = 'wait/loop-deadlock.ts'

export default {
  of: file,
  entry: 'model/cast.ts',
  models: [
    {
      ...asking,
      preemptions: 1,
      twins: [
        {
          name: 'the count of handles is not asked',
          file,
          from: 'return weak === 1 && (Atomics.load(i32, (thing + counts.all) >> 2) & OWNER_COUNT) === ours',
          to: 'return weak === 1',
        },
      ],
    },
    { ...asking, deep: true },
  ],
} satisfies Described<Life>
