/** Channels for one message. */
import { core, self } from '../core/index.ts'
import { set } from '../core/memory.ts'
import { ONESHOT_SITE } from '../core/oneshot.ts'
import { newRecord } from '../memory/handles/handle.ts'
import { heapFullError, free } from '../memory/heap.ts'
import { ONCE_RECEIVER, ONCE_SENDER } from '../memory/handles/kinds.ts'
import { siteOfCaller } from '../memory/creation-sites.ts'
import { OneshotReceiver, OneshotSender } from './oneshot-ends.ts'

/**
 * Creates a channel for one message: an answer, a result.
 *
 * ```ts
 * const [tx, rx] = oneshot.channel<string>()
 * thread.spawn(move(() => tx.send('done')))
 * await rx.recv() // => 'done'
 * ```
 *
 * It needs a tenth of the memory of an mpsc channel. The two ends are handles, and are dropped when their thread ends.
 */
export function channel<T>(): [OneshotSender<T>, OneshotReceiver<T>] {
  const shot = core.newOneshot(self)
  if (shot === 0) throw heapFullError(48)
  set(shot + ONESHOT_SITE, siteOfCaller())
  let receiving = 0
  try {
    receiving = newRecord(ONCE_RECEIVER, shot, false)
    const sending = newRecord(ONCE_SENDER, shot, false)
    return [new OneshotSender<T>(sending), new OneshotReceiver<T>(receiving)]
  } catch (error) {
    if (receiving !== 0) core.freeHandle(self, receiving)
    free(shot)
    throw error
  }
}
