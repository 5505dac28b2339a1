/** A scope that ends while a thread that it does not wait for spawns in it: who starts is waited for, who is refused has ended. */
import { expect } from '../model/harness/core-threads.ts'
import type { Described, Model } from '../model/harness/described.ts'

type Life = typeof import('../model/harness/library-threads.ts')

const straying: Model<Life> = {
  name: 'a stray thread spawns in a scope while it ends',
  threads: 2,
  operations: 2,
  program: life => () => {
    const { give, play, core, threads } = life
    life.settle()
    const [scope, received] = life.openScope()
    const channel = life.thingOf(scope)
    const [takeScope, takeThreads] = [give(scope), give(received)]
    const thread = life.newThread({})
    let isRefused = false
    let isReceived = false
    play(
      () => {
        const mine = takeScope()
        try {
          life.enrol(channel, thread)
        } catch {
          isRefused = true
        }
        life.dropHandle(mine)
      },
      () => {
        const mine = takeThreads()
        while (mine.next() !== undefined) isReceived = true
        life.dropHandle(mine)
      },
    )
    const hasEnded = core.wordLoad(thread + threads.THREAD_STATE) === threads.THREAD_DONE
    expect(isRefused || isReceived, 'a thread starts that the scope does not wait for')
    expect(!isReceived || !isRefused || hasEnded, 'the scope waits for a thread that does not start')
  },
}

export default {
  of: 'thread/scope.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...straying,
      twins: [
        {
          name: 'the spawner does not look again',
          file: 'thread/scope.ts',
          from: '  if (!isClosed(channel)) return\n',
          to: '  return\n',
        },
        {
          name: 'the owner looks before it closes, and not after',
          file: 'thread/scope.ts',
          from: '      core.closeReceiving(self, channel)\n      // ORDER: who has sent before it was closed has not seen that; look once more.\n      thread = takeMessage(channel)\n',
          to: '      core.closeReceiving(self, channel)\n',
        },
        {
          name: 'a thread that is refused has not ended',
          file: 'thread/scope.ts',
          from: '  endUnstarted(thread)\n',
          to: '',
        },
      ],
    },
  ],
} satisfies Described<Life>
