/**
 * The reference implementation of the library, on one thread and without copies: it defines the meaning of a random
 * program.
 *
 * A program of `programs.ts` runs with this module instead of `fearless`. A thread runs at its spawn, a `Wait`
 * completes at its creation, a move keeps the object, and a lock exposes its value in place. If a program uses no moved
 * value and its output does not depend on the schedule, this computes the same output as Rust.
 */

type Settled = { readonly value: unknown } | { readonly error: unknown }

/** A completed wait, with all methods of a `Wait`. */
class Wait implements PromiseLike<unknown> {
  readonly #settled: Settled

  constructor(f: () => unknown) {
    try {
      this.#settled = { value: f() }
    } catch (error) {
      this.#settled = { error }
    }
  }
  wait(): unknown {
    if ('error' in this.#settled) throw this.#settled.error
    return this.#settled.value
  }
  try(): unknown {
    return this.wait()
  }
  join(): this {
    return this
  }
  within(): this {
    return this
  }
  #promise(): Promise<unknown> {
    return 'error' in this.#settled ? Promise.reject(this.#settled.error) : Promise.resolve(this.#settled.value)
  }
  then<A, B>(onValue?: ((value: unknown) => A) | null, onError?: ((error: unknown) => B) | null): Promise<A | B> {
    return this.#promise().then(onValue, onError) as Promise<A | B>
  }
  catch<B>(onError: (error: unknown) => B): Promise<unknown> {
    return this.#promise().catch(onError)
  }
  finally(onEnd: () => void): Promise<unknown> {
    return this.#promise().finally(onEnd)
  }
}

const done = (f: () => unknown): Wait => new Wait(f)

class Guard {
  readonly #lock: { held: unknown }
  constructor(lock: { held: unknown }) {
    this.#lock = lock
  }
  get value(): unknown {
    return this.#lock.held
  }
  set value(value: unknown) {
    this.#lock.held = value
  }
  downgrade(): this {
    return this
  }
  upgrade(): Wait {
    return done(() => this)
  }
  [Symbol.dispose](): void {}
}

export class Mutex {
  held: unknown
  constructor(value: unknown) {
    this.held = value
  }
  lock(): Wait {
    return done(() => new Guard(this))
  }
  read(): Wait {
    return this.lock()
  }
  write(): Wait {
    return this.lock()
  }
  upgradableRead(): Wait {
    return this.lock()
  }
  with(f: (value: unknown) => unknown): Wait {
    return done(() => f(this.held))
  }
  update(f: (value: unknown) => unknown): Wait {
    return done(() => (this.held = f(this.held)))
  }
  getMut(): Guard {
    return new Guard(this)
  }
  intoInner(): unknown {
    return this.held
  }
}
export { Mutex as RwLock, Mutex as ReentrantMutex }

export class AtomicI32 {
  #n: number
  constructor(n: number) {
    this.#n = n
  }
  fetchAdd(by: number): number {
    const before = this.#n
    this.#n = (before + by) | 0
    return before
  }
  load(): number {
    return this.#n
  }
  store(n: number): void {
    this.#n = n
  }
}

export class ConcurrentMap {
  readonly #map = new Map<unknown, unknown>()
  get(key: unknown): Wait {
    return done(() => this.#map.get(key))
  }
  set(key: unknown, value: unknown): Wait {
    return done(() => void this.#map.set(key, value))
  }
  update(key: unknown, f: (value: unknown) => unknown): Wait {
    return done(() => {
      const value = f(this.#map.get(key))
      this.#map.set(key, value)
      return value
    })
  }
  entries(): Wait {
    return done(() => [...this.#map])
  }
}

export class OnceLock {
  #value: unknown
  set(value: unknown): Wait {
    return done(() => {
      if (this.#value !== undefined) return false
      this.#value = value
      return true
    })
  }
  get(): unknown {
    return this.#value
  }
  getOrInit(f: () => unknown): Wait {
    return done(() => (this.#value ??= f()))
  }
}

/** An Arc of a handle is that handle. */
export const Arc = function Arc(value: object): unknown {
  return value instanceof Mutex || value instanceof AtomicI32 || value instanceof ConcurrentMap ? value : { value }
} as unknown as new (value: object) => unknown

class Sender {
  readonly #queue: unknown[]
  constructor(queue: unknown[]) {
    this.#queue = queue
  }
  send(value: unknown): Wait {
    return done(() => void this.#queue.push(value))
  }
  clone(): Sender {
    return this
  }
  [Symbol.dispose](): void {}
}

class Receiver {
  readonly #queue: unknown[]
  constructor(queue: unknown[]) {
    this.#queue = queue
  }
  recv(): Wait {
    return done(() => {
      if (this.#queue.length === 0) throw new Error('nothing was sent')
      return this.#queue.shift()
    })
  }
  recvMany(limit: number): Wait {
    return done(() => this.#queue.splice(0, limit))
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<unknown> {
    while (this.#queue.length > 0) yield this.#queue.shift()
  }
  *[Symbol.iterator](): Generator<unknown> {
    while (this.#queue.length > 0) yield this.#queue.shift()
  }
}

const channel = (): [Sender, Receiver] => {
  const queue: unknown[] = []
  return [new Sender(queue), new Receiver(queue)]
}
export const mpsc = { channel }
export const mpmc = { channel }
export const oneshot = { channel }

export const watch = {
  channel(value: unknown): unknown {
    const held = { value }
    const end = { send: (next: unknown) => void (held.value = next), borrow: () => held.value }
    return [end, end]
  },
}

type Call = (...args: unknown[]) => unknown

const spawn = (f: Call, ...args: unknown[]): Wait => done(() => f(...args))
export const thread = {
  spawn,
  async scope(f: (scope: { spawn: typeof spawn }) => unknown): Promise<unknown> {
    return await f({ spawn })
  },
}
export const move = (f: Call): Call => f
export const closure = move
export const clone = structuredClone
export const drop = (): void => {}
export const sleep = (): Wait => done(() => undefined)
export const task = { spawn: (f: Call) => done(f) }
export const lockAll = (...locks: Mutex[]): Wait =>
  done(() =>
    Object.assign(
      locks.map(lock => lock.getMut()),
      { [Symbol.dispose]() {} },
    ),
  )
export const select = (arms: Record<string, Wait>): Wait =>
  done(() => {
    const [key, arm] = Object.entries(arms)[0]!
    return { key, value: arm.wait() }
  })
export const par = { join: (a: Call, b: Call): Wait => done(() => [a(), b()]) }

class ParIter {
  readonly #items: unknown[]
  constructor(items: Iterable<unknown>) {
    this.#items = [...items]
  }
  map(f: (item: unknown) => unknown): ParIter {
    return new ParIter(this.#items.map(item => f(item)))
  }
  filter(f: (item: unknown) => boolean): ParIter {
    return new ParIter(this.#items.filter(item => f(item)))
  }
  inspect(f: (item: unknown) => void): ParIter {
    for (const item of this.#items) f(item)
    return this
  }
  forEach(f: (item: unknown) => void): Wait {
    return done(() => {
      for (const item of this.#items) f(item)
    })
  }
  collect(): Wait {
    return done(() => this.#items)
  }
  sum(): Wait {
    return done(() => (this.#items as number[]).reduce((a, b) => a + b, 0))
  }
}
export const parIter = (items: Iterable<unknown>): ParIter => new ParIter(items)

class Vec {
  readonly #cells: Int32Array
  constructor(cells: Int32Array) {
    this.#cells = cells
  }
  get length(): number {
    return this.#cells.length
  }
  get(at: number): number | undefined {
    return this.#cells[at]
  }
  set(at: number, value: number): void {
    this.#cells[at] = value
  }
  with(f: (view: Int32Array) => unknown): unknown {
    return f(this.#cells)
  }
  toArray(): Int32Array {
    return this.#cells.slice()
  }
  freeze(): this {
    return this
  }
}
export const vec = { i32: (content: number | number[]): Vec => new Vec(new Int32Array(content as number[])) }

export class MovedError extends Error {}
