/**
 * The width of a text in terminal columns: two for most Chinese, Japanese and Korean characters and emoji, none for
 * combining marks.
 */
import { eastAsianWidth } from 'get-east-asian-width'

const JOINER = '\u200d'
/** Combining marks, direction marks and skin tones, which change the character before them. */
const INVISIBLE = /^[\p{Mn}\p{Me}\p{Cf}\u{1f3fb}-\u{1f3ff}]$/u

export function columnsOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let columns = 0
  let joined = false
  for (const character of text) {
    if (!joined && !INVISIBLE.test(character)) columns += eastAsianWidth(character.codePointAt(0)!)
    // A family is one emoji of several joined ones.
    joined = character === JOINER
  }
  return columns
}
