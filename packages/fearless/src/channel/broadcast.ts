/** Broadcast channels: every receiver gets every message. After tokio's `sync::broadcast`. */
import { set } from '../core/memory.ts'
import { describe } from '../describe.ts'
import { BROADCAST_SITE } from '../core/broadcast.ts'
import { core, self } from '../core/index.ts'
import { dropHandle, newRecord } from '../memory/handles/handle.ts'
import { heapFullError } from '../memory/heap.ts'
import { BROADCAST_SENDER } from '../memory/handles/kinds.ts'
import { siteOfCaller } from '../memory/creation-sites.ts'
import { BroadcastSender, type BroadcastReceiver } from './broadcast-ends.ts'

/**
 * Creates a channel in which every receiver gets a copy of every message that is sent while the receiver exists.
 *
 * ```ts
 * const [tx, rx] = broadcast.channel<string>(16)
 * const other = tx.subscribe()
 * tx.send('to all') // => 2
 * await rx.recv() // => 'to all'
 * await other.recv() // => 'to all'
 * ```
 *
 * The channel keeps the last `capacity` messages, rounded up to a power of two. A send never waits: a receiver that is
 * further behind misses messages, and its next `recv` throws a `LaggedError`.
 */
export function channel<T>(capacity: number): [BroadcastSender<T>, BroadcastReceiver<T>] {
  if (!(Number.isInteger(capacity) && capacity > 0 && capacity <= 0x400_0000)) {
    throw new RangeError(
      `The capacity of a broadcast channel must be a whole number from 1 to 2^26, got ${describe(capacity)}. Pass such a number.`,
    )
  }
  const places = 2 ** Math.ceil(Math.log2(capacity))
  const made = core.newBroadcast(self, places)
  if (made === 0) throw heapFullError(places * 16 + 48)
  set(made + BROADCAST_SITE, siteOfCaller())
  let sender: BroadcastSender<T>
  try {
    sender = new BroadcastSender<T>(newRecord(BROADCAST_SENDER, made, false))
  } catch (error) {
    core.dropBroadcastHandle(self, made)
    throw error
  }
  try {
    return [sender, sender.subscribe()]
  } catch (error) {
    dropHandle(sender)
    throw error
  }
}
