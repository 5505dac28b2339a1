/** Weak senders: handles that refer to a channel without keeping it open. After tokio's `mpsc::WeakSender`. */
import { core, self } from '../core/index.ts'
import {
  Handle,
  cloneHandle,
  defineHandleClass,
  dropHandle,
  newRecord,
  reviveHandle,
  liveObjectOf,
} from '../memory/handles/handle.ts'
import { SENDER, SYNC_SENDER, WEAK_SENDER } from '../memory/handles/kinds.ts'
import type { Crossing, crossing } from '../send.ts'
import { capacityOf, dropWeakHandle } from './channel.ts'
import { measureChannel } from './contents.ts'

/**
 * A sender that does not keep the channel open: the channel is closed when all strong senders are dropped.
 *
 * ```ts
 * const [tx, rx] = mpsc.channel<string>()
 * const weak = tx.downgrade()
 * {
 *   using strong = weak.upgrade()
 *   strong?.send('still open')
 * }
 * drop(tx)
 * weak.upgrade() // => undefined
 * ```
 *
 * A weak sender that crosses to another thread is shared.
 */
export class WeakSender<S> extends Handle {
  declare readonly [crossing]: Crossing<'WeakSender', 'if Send', 'if Send', S>

  /**
   * Creates a sender of the channel if another one still keeps it open. Returns `undefined` otherwise, and on every
   * later call.
   */
  upgrade(): S | undefined {
    const channel = liveObjectOf(this)
    const record = newRecord(capacityOf(channel) === undefined ? SENDER : SYNC_SENDER, channel, false)
    if (core.upgradeSender(self, channel, record) !== 0) return reviveHandle(record) as S
    core.freeHandle(self, record)
    return undefined
  }

  /** Creates another weak sender of the same channel. */
  clone(): WeakSender<S> {
    return cloneHandle(this)
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/** Creates a weak sender of the channel of a strong one. */
export function downgrade<S extends Handle>(sender: S): WeakSender<S> {
  const channel = liveObjectOf(sender)
  const record = newRecord(WEAK_SENDER, channel, true)
  core.shareWeak(self, channel, record)
  return new WeakSender<S>(record)
}

defineHandleClass(WEAK_SENDER, WeakSender as { readonly prototype: Handle }, {
  name: 'WeakSender',
  share: (channel, record) => core.shareWeak(self, channel, record),
  drop: dropWeakHandle,
  countsRecords: true,
  revive: record => new WeakSender(record),
  holds: 'channel',
  measure: measureChannel,
  onlyMemory: true,
})
