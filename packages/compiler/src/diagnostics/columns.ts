/**
 * How many columns a terminal gives to a text: two to most characters of Chinese, Japanese and Korean and to emoji, none
 * to accents that stand on the character before.
 */
import { eastAsianWidth } from 'get-east-asian-width'

const JOINER = '\u200d'
/** Accents, marks of direction, and the colours of a skin, which change the character before. */
const INVISIBLE = /^[\p{Mn}\p{Me}\p{Cf}\u{1f3fb}-\u{1f3ff}]$/u

export function columnsOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let columns = 0
  let joined = false
  for (const character of text) {
    if (!joined && !INVISIBLE.test(character)) columns += eastAsianWidth(character.codePointAt(0)!)
    // A family is one sign, of several that are joined.
    joined = character === JOINER
  }
  return columns
}
