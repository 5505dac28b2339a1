/** Watch channels: they hold one value, and receivers see the newest. After tokio's `sync::watch`. */
import { core, self } from '../core/index.ts'
import { set } from '../core/memory.ts'
import { WATCH_SITE } from '../core/watch.ts'
import { dropHandle, newRecord } from '../memory/handles/handle.ts'
import { heapFullError } from '../memory/heap.ts'
import { WATCH_SENDER } from '../memory/handles/kinds.ts'
import { siteOfCaller } from '../memory/creation-sites.ts'
import type { Send } from '../send.ts'
import { encodeAndPlace } from './rendezvous-message.ts'
import { WatchSender, runAndFreeIfLast, type WatchReceiver } from './watch-ends.ts'

/**
 * Creates a value that one thread changes and others watch: a setting, a state.
 *
 * ```ts
 * const [tx, rx] = watch.channel({ level: 1 })
 * rx.borrow().level // => 1
 * tx.send({ level: 2 })
 * await rx.changed()
 * rx.borrow().level // => 2
 * ```
 *
 * Receivers see the newest value and may miss earlier ones. Values are copied in and out.
 */
export function channel<T>(initial: Send<T>): [WatchSender<T>, WatchReceiver<T>] {
  let made = 0
  encodeAndPlace(initial, 'copy', (number, message) => (made = core.newWatch(self, number, message)) !== 0)
  if (made === 0) throw heapFullError(64)
  set(made + WATCH_SITE, siteOfCaller())
  let sender: WatchSender<T>
  try {
    sender = new WatchSender<T>(newRecord(WATCH_SENDER, made, false))
  } catch (error) {
    runAndFreeIfLast(made, () => core.removeWatchHandle(self, made))
    throw error
  }
  try {
    return [sender, sender.subscribe()]
  } catch (error) {
    dropHandle(sender)
    throw error
  }
}
