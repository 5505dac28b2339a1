/**
 * Reads the messages of a stream in place, without receiving them. The protocol is in core/channel.ts.
 *
 * - The only receiver of a channel may do so at any time.
 * - RACE: a report of the heap may read from any thread, while the receiver frees segments. So every address is checked
 *   before it is dereferenced, and the words read may belong to another message.
 */
import { get, load } from '../core/memory.ts'
import {
  CHANNEL_PUSHED,
  CHANNEL_SITE,
  CHANNEL_TAKEN,
  CONSUMER_AT,
  CONSUMER_SEGMENT,
  MESSAGE_BYTES,
  MESSAGE_LENGTH,
  PRODUCER_SEGMENT,
  SEGMENT_DATA,
  SEGMENT_NEXT,
  SEGMENT_TAIL,
  TAG,
  TAG_MASK,
  TAKEN_BLOCK,
} from '../core/channel.ts'
import { dropsUnobserved } from '../memory/codec/codec.ts'
import type { MemoryUsage } from '../memory/handles/handle.ts'
import { allocationBytes } from '../memory/heap.ts'

/** The most messages whose bytes a report measures; it estimates the rest. */
const MOST_MEASURED = 1000
const MOST_SEGMENTS = 100_000

/**
 * Calls `visit` with the address and length of each message that is not a number, and the address of its own allocation
 * or 0. Stops when `visit` returns false or `most` messages were passed. Returns the number of messages passed.
 */
function visitMessages(
  channel: number,
  most: number,
  visit: (message: number, length: number, block: number) => boolean,
): number {
  let passed = 0
  let segment = get(channel + CONSUMER_SEGMENT)
  let at = get(channel + CONSUMER_AT)
  for (let bytes = allocationBytes(segment); bytes > 0; bytes = allocationBytes(segment)) {
    const tail = Math.min(load(segment + SEGMENT_TAIL), segment + bytes)
    if (at < segment + SEGMENT_DATA) break
    while (at < tail) {
      if (passed++ === most) return most
      const low = get(at)
      const high = get(at + 4)
      at += 8
      if ((high & TAG_MASK) !== TAG) continue
      if (high !== (TAG | TAKEN_BLOCK)) {
        if (low < 0 || at + low > tail || !visit(at, low, 0)) return passed
        at += low
        continue
      }
      const length = allocationBytes(low) === 0 ? 0 : get(low + MESSAGE_LENGTH)
      if (length <= 0 || length > allocationBytes(low) - MESSAGE_BYTES) return passed
      if (!visit(low + MESSAGE_BYTES, length, low)) return passed
    }
    if (segment === get(channel + PRODUCER_SEGMENT)) break
    segment = load(segment + SEGMENT_NEXT)
    at = segment + SEGMENT_DATA
  }
  return passed
}

/** Returns whether no program can observe the drop of this message, which has an allocation of its own. */
export function isMessageDropUnobservable(message: number): boolean {
  return dropsUnobserved(message + MESSAGE_BYTES, get(message + MESSAGE_LENGTH))
}

/**
 * Returns whether no program can observe the drop of the unreceived messages. The channel may then be dropped with its
 * only receiver.
 */
export function areMessageDropsUnobservable(channel: number): boolean {
  let unseen = true
  visitMessages(channel, Infinity, (message, length) => (unseen = dropsUnobserved(message, length)))
  return unseen
}

/** Measures a channel for a report of the heap. */
export function measureChannel(channel: number): MemoryUsage {
  const messages = Math.max(0, (load(channel + CHANNEL_PUSHED) - load(channel + CHANNEL_TAKEN)) | 0)
  let bytes = allocationBytes(channel)
  let segment = get(channel + CONSUMER_SEGMENT)
  for (let n = 0; n < MOST_SEGMENTS && allocationBytes(segment) > 0; n++) {
    bytes += allocationBytes(segment)
    segment = load(segment + SEGMENT_NEXT)
  }
  let inBlocks = 0
  const passed = visitMessages(channel, MOST_MEASURED, (_message, _length, block) => {
    if (block !== 0) inBlocks += allocationBytes(block)
    return true
  })
  if (passed > 0) bytes += Math.round(inBlocks * Math.max(1, messages / passed))
  return { bytes, messages, site: get(channel + CHANNEL_SITE) }
}
