/** Data that several threads read: each reads it for itself and cannot change it. */
import { mayPeek, scratchAddress } from '../memory/codec.ts'
import { NotSendError } from '../errors.ts'
import { Handle } from '../memory/handle.ts'
import type { Block } from '../memory/message.ts'

/** Freezes what was read: a change would be this thread's own. Views of buffers cannot be frozen; they are copies. */
export function freeze(value: unknown): unknown {
  // A list instead of recursion: data may be deeper than the stack.
  const left = [value]
  while (left.length > 0) {
    const next = left.pop()
    if (typeof next !== 'object' || next === null || ArrayBuffer.isView(next) || Object.isFrozen(next)) continue
    if (next instanceof Handle) continue
    Object.freeze(next)
    for (const key of Reflect.ownKeys(next)) left.push((next as Record<PropertyKey, unknown>)[key])
  }
  return value
}

/** Refuses data that only one reader could have, while it is still in this thread's scratch block. */
export function refuseUnshareable({ length }: Block): void {
  if (mayPeek(scratchAddress(), length)) return
  throw new NotSendError(
    'a Sender, a Receiver or another handle whose end is observable cannot lie inside of data that several threads ' +
      'read: put it in a Mutex',
  )
}
