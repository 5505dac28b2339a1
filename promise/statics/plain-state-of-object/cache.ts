class Cache {
  readonly #entries = new Map<string, number>()
  put(key: string): void {
    this.#entries.set(key, 1)
  }
  get size(): number {
    return this.#entries.size
  }
}
export const cache = new Cache()
