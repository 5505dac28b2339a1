/** A module that does not use the library, with state of several kinds. */
export let level = 0
export const setLevel = (to: number): void => {
  level = to
}
export function log(message: string): string {
  return level > 0 ? message : ''
}

const cache = new Map<string, number>()
export function lengthOf(text: string): number {
  const known = cache.get(text)
  if (known !== undefined) return known
  cache.set(text, text.length)
  return text.length
}
export const forget = (): void => cache.clear()

const handlers = new Map<string, () => void>()
export const register = (name: string, f: () => void): void => void handlers.set(name, f)
export const handle = (name: string): void => handlers.get(name)?.()

export const settings = { depth: 1 }
export const limits = Object.freeze({ depth: 9 })
export const words = ['a']
words.push('b')
export const twice = (n: number): number => n * 2

export class Parser {
  parse(text: string): string {
    return log(text)
  }
}
