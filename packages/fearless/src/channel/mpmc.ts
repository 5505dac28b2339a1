/** Channels with several senders and several receivers. */
import { MPMC } from '../core/channel.ts'
import { SHARED_RECEIVER } from '../memory/handles/kinds.ts'
import { openChannel, type Sender, type SyncSender } from './sender.ts'
import { SharedReceiver } from './shared-receiver.ts'

/**
 * Creates a channel in which each message is received by exactly one of several receivers.
 *
 * ```ts
 * const [tx, rx] = mpmc.channel<string>() // unbounded: send never waits
 * const [bounded, inbox] = mpmc.channel<string>(8) // send waits while 8 messages are in it
 * const [give, take] = mpmc.channel<string>(0) // rendezvous: send waits until it was received
 * ```
 *
 * Both ends can be cloned. The channel is closed when all senders or all receivers are dropped. With a single receiver,
 * an mpsc channel is faster.
 */
export function channel<T>(): [Sender<T>, SharedReceiver<T>]
export function channel<T>(capacity: number): [SyncSender<T>, SharedReceiver<T>]
export function channel<T>(capacity?: number): [Sender<T> | SyncSender<T>, SharedReceiver<T>] {
  return openChannel(capacity, MPMC, SHARED_RECEIVER, record => new SharedReceiver<T>(record))
}
