/** Channels with many senders and one receiver. */
import { core, self } from '../core/index.ts'
import { newRecord } from '../memory/handle.ts'
import { RECEIVER, SENDER, SYNC_SENDER } from '../memory/kinds.ts'
import { newChannel } from './channel.ts'
import { Receiver } from './receiver.ts'
import { Sender, SyncSender } from './sender.ts'

/**
 * A channel between threads, or between tasks.
 *
 * ```ts
 * const [tx, rx] = mpsc.channel<string>() // unbounded: send never waits
 * const [bounded, inbox] = mpsc.channel<string>(8) // send waits while 8 messages are in it
 * const [give, take] = mpsc.channel<string>(0) // rendezvous: send waits until it was received
 * ```
 *
 * The two ends are handles: whoever they are moved to owns them, and they end with their thread.
 */
export function channel<T>(): [Sender<T>, Receiver<T>]
export function channel<T>(capacity: number): [SyncSender<T>, Receiver<T>]
export function channel<T>(capacity?: number): [Sender<T> | SyncSender<T>, Receiver<T>] {
  const made = newChannel(capacity)
  let receiving = 0
  try {
    receiving = newRecord(RECEIVER, made, false)
    const sending = newRecord(capacity === undefined ? SENDER : SYNC_SENDER, made, false)
    return [capacity === undefined ? new Sender<T>(sending) : new SyncSender<T>(sending), new Receiver<T>(receiving)]
  } catch (error) {
    if (receiving !== 0) core.freeHandle(self, receiving)
    core.freeChannel(self, made)
    throw error
  }
}
