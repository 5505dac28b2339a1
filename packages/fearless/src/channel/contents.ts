/**
 * The messages that lie in a stream, looked at where they are. The protocol is in core/channel.ts.
 *
 * Only the thread that has the only receiver may look, and only once no sender is left. Every address is checked all the same
 * before it is followed.
 */
import {
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
import { messageEndsUnseen } from '../memory/codec.ts'
import { blockBytes, i32 } from '../memory/heap.ts'

/** Calls `visit` with each message that is no number, and its bytes, until that gives false. */
function visitMessages(channel: number, visit: (message: number, length: number) => boolean): void {
  let segment = i32[(channel + CONSUMER_SEGMENT) >> 2]
  let at = i32[(channel + CONSUMER_AT) >> 2]
  while (blockBytes(segment) > 0) {
    const tail = Math.min(Atomics.load(i32, (segment + SEGMENT_TAIL) >> 2), segment + blockBytes(segment))
    if (at < segment + SEGMENT_DATA) return
    while (at < tail) {
      const low = i32[at >> 2]
      const high = i32[(at + 4) >> 2]
      at += 8
      if ((high & TAG_MASK) !== TAG) continue
      if (high !== (TAG | TAKEN_BLOCK)) {
        if (low < 0 || at + low > tail || !visit(at, low)) return
        at += low
      } else {
        const length = blockBytes(low) === 0 ? 0 : i32[(low + MESSAGE_LENGTH) >> 2]
        if (length <= 0 || length > blockBytes(low) - MESSAGE_BYTES || !visit(low + MESSAGE_BYTES, length)) return
      }
    }
    if (segment === i32[(channel + PRODUCER_SEGMENT) >> 2]) return
    segment = Atomics.load(i32, (segment + SEGMENT_NEXT) >> 2)
    at = segment + SEGMENT_DATA
  }
}

/** Whether the messages that no thread has received end unseen, so that the channel may end with its only receiver. */
export function messagesEndUnseen(channel: number): boolean {
  let unseen = true
  visitMessages(channel, (message, length) => (unseen = messageEndsUnseen(message, length)))
  return unseen
}
