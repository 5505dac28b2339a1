/** Handles that move: whoever still waits with one has left its line before the other side can end the thing. */
import { expect } from '../../model/harness/core-threads.ts'
import type { Described, Model } from '../../model/harness/described.ts'
import type { Receiver } from '../../channel/receiver.ts'

type Life = typeof import('../../model/harness/library-threads.ts')

/** The other side ends both ends of the channel and uses its memory for another one. */
const moving: Model<Life> = {
  name: 'a receiver moves while its event loop waits with it',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { end, give, mpsc, oneshot, play, runLoop, MovedError } = life
    life.settle()
    const [tx, rx] = mpsc.channel<number>()
    const [carrier, carried] = oneshot.channel<Receiver<number>>()
    const [takeTx, takeRx, takeCarrier, takeCarried] = [give(tx), give(rx), give(carrier), give(carried)]
    play(
      () => {
        const [its, mine] = [takeRx(), takeCarrier()]
        let refused = 0
        void its.recv().then(
          () => expect(false, 'nothing was sent'),
          error => {
            expect(error instanceof MovedError, String(error))
            refused++
          },
        )
        mine.send(its)
        runLoop(() => refused === 1)
      },
      () => {
        const [its, mine] = [takeTx(), takeCarried()]
        end(mine.recv().wait())
        end(its)
        const [other, end2] = mpsc.channel<number>()
        end(other)
        end(end2)
      },
    )
    life.freeBlocks()
  },
}

export default {
  of: 'memory/handles/handle.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...moving,
      twins: [
        {
          // It left the line after the handle was handed over: the other side had ended the channel by then, and the line's
          // latch was written into whatever lay there.
          name: 'a wait leaves its line after the handle has moved',
          file: 'memory/handles/handle.ts',
          from: '    for (const wait of handle.waits ?? []) wait.pause()\n',
          to: '',
        },
      ],
    },
    { ...moving, deep: true },
  ],
} satisfies Described<Life>
