/** Plain state of a module, changed and read by functions, methods and statics. */
let count = 0
export function bump(): void {
  count += 1
}
export const total = (): number => count

export class Stats {
  static hits = 0
  static hit(): void {
    this.hits++
  }
  static miss(): void {
    Stats.hits--
  }
}

class Cache {
  readonly #entries = new Map<string, number>()
  put(key: string): void {
    this.#entries.set(key, 1)
  }
  lookUp(key: string): number {
    const known = this.#entries.get(key)
    if (known === undefined) this.#entries.set(key, key.length)
    return known ?? key.length
  }
  get size(): number {
    return this.#entries.size
  }
}
export const cache = new Cache()
export const state = { n: 0, list: [] as number[] }
export function add(n: number): void {
  state.n += n
  state.list.push(n)
}
let nextId = 0
export const newId = (): number => ++nextId
export const memo = new Cache()
