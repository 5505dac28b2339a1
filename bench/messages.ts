/**
 * What travels through the channels of the streaming rows, and the judgement of what arrives.
 *
 * Message i is a function of i alone, so the receiver needs no list to compare with: a message that is lost, doubled,
 * out of order or changed makes `wrong` grow. The check is a few comparisons per message, the same for everybody.
 */
import type { MessageKind } from './contender.ts'

export interface Message {
  id: number
  name: string
  x: number
  ok: boolean
}

export interface Tally {
  received: number
  wrong: number
}

/** Short names, built before the clock starts, as a program's strings mostly are. */
export const NAMES = Array.from({ length: 256 }, (_, i) => `name-${i}`)

export function message(i: number): Message {
  return { id: i, name: NAMES[i & 255], x: i * 0.5, ok: (i & 1) === 0 }
}

export function isMessage(value: Message, i: number): boolean {
  return value.id === i && value.x === i * 0.5 && value.ok === ((i & 1) === 0) && value.name === NAMES[i & 255]
}

/** Message i of a stream of this kind. */
export function make(kind: MessageKind, i: number): number | string | Message {
  if (kind === 'number') return i * 0.5
  return kind === 'string' ? NAMES[i & 255] : message(i)
}

export function matches(kind: MessageKind, value: unknown, i: number): boolean {
  if (kind === 'number') return value === i * 0.5
  return kind === 'string' ? value === NAMES[i & 255] : isMessage(value as Message, i)
}
