/**
 * The bell of an event loop: every wake-up of a waiter of the loop is delivered, although the loop sleeps on one word
 * only and notifiers ring only while it sleeps.
 */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'

type Life = typeof import('../model/harness/library-threads.ts')

function loop(senders: number): DescribedModel<Life> {
  return {
    name: senders === 1 ? 'one wait of an event loop' : `${senders} waits of one event loop`,
    threads: senders + 1,
    operations: 1,
    program: life => () => {
      const { transferHandle, runThreads, mpsc, runLoop } = life
      life.loadThreadVariables()
      const ends = Array.from({ length: senders }, () => mpsc.channel<number>())
      const sending = ends.map(([tx]) => {
        const take = transferHandle(tx)
        return () => take().send(1)
      })
      const takes = ends.map(([, rx]) => transferHandle(rx))
      runThreads(
        () => {
          let got = 0
          // Referenced, because the record of a garbage-collected handle is dropped later.
          const receivers = takes.map(take => take())
          for (const rx of receivers) void rx.recv().then(value => (got += value))
          runLoop()
          assertInvariant(got === senders, `${got} of ${senders} messages were received`)
        },
        ...sending,
      )
    },
  }
}

export default {
  source: 'wait/yield.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...loop(1),
      twins: [
        {
          name: 'the loop sleeps without reading the ready list',
          file: 'wait/yield.ts',
          from: '  if (load(self + SLOT_READY) === 0) {',
          to: '  {',
        },
        {
          name: 'the loop marks its bell as asleep after it has read the ready list',
          file: 'wait/yield.ts',
          from: '  store(self + SLOT_BELL, BELL_ASLEEP)\n  if (load(self + SLOT_READY) === 0) {\n',
          to: '  if (load(self + SLOT_READY) === 0) {\n    store(self + SLOT_BELL, BELL_ASLEEP)\n',
        },
        {
          name: 'a notifier rings before it pushes the waiter on the ready list',
          file: 'core/wait-queue.ts',
          from: '    const slot = get(waiter + WAITER_SLOT)\n',
          to: '    const slot = get(waiter + WAITER_SLOT)\n    ringBell(slot)\n    if (Number(slot) != 0) {\n      set(waiter + WAITER_READY, load(slot + SLOT_READY))\n      store(slot + SLOT_READY, waiter)\n      return\n    }\n',
        },
        {
          name: 'a notifier rings the bell of a loop that is awake instead of one that sleeps',
          file: 'core/wait-queue.ts',
          from: 'if (cas(slot + SLOT_BELL, BELL_ASLEEP, BELL_RUNG) == BELL_ASLEEP) notify(slot + SLOT_BELL, 1)',
          to: 'if (load(slot + SLOT_BELL) != BELL_ASLEEP) notify(slot + SLOT_BELL, 1)',
        },
      ],
    },
    loop(2),
  ],
} satisfies ModelFile<Life>
