/**
 * A scope ends while a stray thread spawns in it: a thread that starts is waited for, a thread that is refused has
 * ended.
 */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'

type Life = typeof import('../model/harness/library-threads.ts')

const straying: DescribedModel<Life> = {
  name: 'a stray thread spawns in a scope while the scope ends',
  threads: 2,
  operations: 2,
  program: life => () => {
    const { transferHandle, runThreads, core, threads } = life
    life.loadThreadVariables()
    const [scope, received] = life.openScope()
    const channel = life.liveObjectOf(scope)
    const [takeScope, takeThreads] = [transferHandle(scope), transferHandle(received)]
    const thread = life.newThread({})
    let isRefused = false
    let isReceived = false
    runThreads(
      () => {
        const mine = takeScope()
        try {
          life.registerScopedThread(channel, thread)
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
    assertInvariant(isRefused || isReceived, 'a thread starts that the scope does not wait for')
    assertInvariant(!isReceived || !isRefused || hasEnded, 'the scope waits for a thread that does not start')
  },
}

export default {
  source: 'thread/scope.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...straying,
      twins: [
        {
          name: 'the spawner does not check again whether the scope is closed',
          file: 'thread/scope.ts',
          from: '  if (!isClosed(channel)) return\n',
          to: '  return\n',
        },
        {
          name: 'the owner receives before it closes the channel, and not after',
          file: 'thread/scope.ts',
          from: '      core.closeReceiving(self, channel)\n      // ORDER: a spawner that sent before the close has not seen the close, so receive once more.\n      thread = recvSingle(channel)\n',
          to: '      core.closeReceiving(self, channel)\n',
        },
        {
          name: 'a thread that is refused is not ended',
          file: 'thread/scope.ts',
          from: '  endUnstartedThread(thread)\n',
          to: '',
        },
      ],
    },
  ],
} satisfies ModelFile<Life>
