/** Channels with many senders and many receivers. */
import { SHARED } from '../core/channel.ts'
import { SHARED_RECEIVER } from '../memory/handles/kinds.ts'
import { openChannel } from './open.ts'
import type { Sender, SyncSender } from './sender.ts'
import { SharedReceiver } from './shared-receiver.ts'

/**
 * A channel of which each message goes to exactly one of several receivers.
 *
 * ```ts
 * const [tx, rx] = mpmc.channel<string>() // unbounded: send never waits
 * const [bounded, inbox] = mpmc.channel<string>(8) // send waits while 8 messages are in it
 * const [give, take] = mpmc.channel<string>(0) // rendezvous: send waits until it was received
 * ```
 *
 * Both ends can be cloned; the channel ends when all of one side are dropped. With one receiver, an mpsc channel is
 * faster.
 */
export function channel<T>(): [Sender<T>, SharedReceiver<T>]
export function channel<T>(capacity: number): [SyncSender<T>, SharedReceiver<T>]
export function channel<T>(capacity?: number): [Sender<T> | SyncSender<T>, SharedReceiver<T>] {
  return openChannel(capacity, SHARED, SHARED_RECEIVER, record => new SharedReceiver<T>(record))
}
