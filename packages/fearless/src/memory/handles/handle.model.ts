/** Moves of handles: a waiter of the handle must be unregistered before the other side can free the object. */
import { assertInvariant } from '../../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../../model/harness/described.ts'
import type { Receiver } from '../../channel/receiver.ts'

type Life = typeof import('../../model/harness/library-threads.ts')

/** The other side drops both ends of the channel and reuses its memory for another channel. */
const moving: DescribedModel<Life> = {
  name: 'a receiver moves while its event loop waits with it',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { dropResource, transferHandle, mpsc, oneshot, runThreads, runLoop, MovedError } = life
    life.loadThreadVariables()
    const [tx, rx] = mpsc.channel<number>()
    const [carrier, carried] = oneshot.channel<Receiver<number>>()
    const [takeTx, takeRx, takeCarrier, takeCarried] = [
      transferHandle(tx),
      transferHandle(rx),
      transferHandle(carrier),
      transferHandle(carried),
    ]
    runThreads(
      () => {
        const [its, mine] = [takeRx(), takeCarrier()]
        let refused = 0
        void its.recv().then(
          () => assertInvariant(false, 'nothing was sent'),
          error => {
            assertInvariant(error instanceof MovedError, String(error))
            refused++
          },
        )
        mine.send(its)
        runLoop(() => refused === 1)
      },
      () => {
        const [its, mine] = [takeTx(), takeCarried()]
        dropResource(mine.recv().wait())
        dropResource(its)
        const [other, end2] = mpsc.channel<number>()
        dropResource(other)
        dropResource(end2)
      },
    )
    life.freeBlocks()
  },
}

export default {
  source: 'memory/handles/handle.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...moving,
      twins: [
        {
          // The waiter was unregistered after the handle had moved. The other side had freed the channel by then, so
          // the latch of the wait queue was written into the memory of another object.
          name: 'a waiter is unregistered after its handle has moved',
          file: 'memory/handles/handle.ts',
          from: '    for (const wait of handle.waits ?? []) wait.pause()\n',
          to: '',
        },
      ],
    },
    { ...moving, deep: true },
  ],
} satisfies ModelFile<Life>
