/** Channels with several senders and one receiver. */
import { MPSC } from '../core/channel.ts'
import { RECEIVER } from '../memory/handles/kinds.ts'
import { openChannel, type Sender, type SyncSender } from './sender.ts'
import { Receiver } from './receiver.ts'

/**
 * Creates a channel between threads, or between tasks.
 *
 * ```ts
 * const [tx, rx] = mpsc.channel<string>() // unbounded: send never waits
 * const [bounded, inbox] = mpsc.channel<string>(8) // send waits while 8 messages are in it
 * const [give, take] = mpsc.channel<string>(0) // rendezvous: send waits until it was received
 * ```
 *
 * The two ends are handles. The thread that an end is moved to owns it, and the end is dropped when its thread ends.
 */
export function channel<T>(): [Sender<T>, Receiver<T>]
export function channel<T>(capacity: number): [SyncSender<T>, Receiver<T>]
export function channel<T>(capacity?: number): [Sender<T> | SyncSender<T>, Receiver<T>] {
  return openChannel(capacity, MPSC, RECEIVER, record => new Receiver<T>(record))
}
