/** Creates an mpsc or mpmc channel with its two ends. */
import { core, self } from '../core/index.ts'
import { newRecord } from '../memory/handles/handle.ts'
import { SENDER, SYNC_SENDER } from '../memory/handles/kinds.ts'
import { newChannel } from './channel.ts'
import { Sender, SyncSender } from './sender.ts'

/** Creates a channel and its ends. Throws `HeapFullError` without an effect if the heap has no room for one of them. */
export function openChannel<T, R>(
  capacity: number | undefined,
  flavour: number,
  kind: number,
  receiver: (record: number) => R,
): [Sender<T> | SyncSender<T>, R] {
  const channel = newChannel(capacity, flavour)
  let receiving = 0
  try {
    receiving = newRecord(kind, channel, false)
    const sending = newRecord(capacity === undefined ? SENDER : SYNC_SENDER, channel, false)
    return [capacity === undefined ? new Sender<T>(sending) : new SyncSender<T>(sending), receiver(receiving)]
  } catch (error) {
    if (receiving !== 0) core.freeHandle(self, receiving)
    core.freeChannel(self, channel)
    throw error
  }
}
