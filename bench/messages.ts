/**
 * The messages of the streaming rows, and the check of the received ones.
 *
 * Message i is a function of i alone, so the receiver needs no list to compare with. A message that is lost, doubled,
 * out of order or changed increments `wrong`. The check is a few comparisons per message, the same for all contenders.
 */

export interface Message {
  id: number
  name: string
  x: number
  ok: boolean
}

export type MessageKind = 'number' | 'object' | 'string'

export interface Tally {
  received: number
  wrong: number
}

/** Short names, built before the clock starts, because most strings of a program exist already. */
const NAMES = Array.from({ length: 256 }, (_, i) => `name-${i}`)

export function message(i: number): Message {
  return { id: i, name: NAMES[i & 255], x: i * 0.5, ok: (i & 1) === 0 }
}

export function isMessage(value: Message, i: number): boolean {
  return value.id === i && value.x === i * 0.5 && value.ok === ((i & 1) === 0) && value.name === NAMES[i & 255]
}

/** Returns message i of a stream of this kind. */
export function make(kind: MessageKind, i: number): number | string | Message {
  if (kind === 'number') return i * 0.5
  return kind === 'string' ? NAMES[i & 255] : message(i)
}

export function matches(kind: MessageKind, value: unknown, i: number): boolean {
  if (kind === 'number') return value === i * 0.5
  return kind === 'string' ? value === NAMES[i & 255] : isMessage(value as Message, i)
}
