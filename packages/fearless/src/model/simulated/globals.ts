/**
 * The simulated globals of the runtime, which replace the real ones in a simulated thread.
 *
 * `Atomics` over simulated views, the clock and timers of virtual time, an event loop that runs on request, and a
 * registry without a garbage collector.
 */
import { beforeRead, beforeWrite, deathPoint } from '../engine/death.ts'
import { recordInitialWord, isInitialising } from './thread-variables.ts'
import { inModel, threadState, world, type Cell } from '../drivers/world.ts'

const PAGE = 65536

/** A stand-in for the bytes of the shared heap. A real typed array over it would refer to other memory. */
class SimulatedBuffer {
  byteLength = 0
  get [Symbol.iterator](): never {
    throw new TypeError(
      'The build left a real view of the simulated heap. Add its variable to VIEWS in scripts/model/transform.ts.',
    )
  }
}
const heap = new SimulatedBuffer()

class SimulatedMemory {
  readonly buffer = heap
  constructor({ maximum }: { maximum: number }) {
    heap.byteLength = maximum * PAGE
  }
  grow(): void {}
}

export const WebAssembly = { Memory: SimulatedMemory, CompileError: globalThis.WebAssembly?.CompileError }

/** A view of the simulated heap. Its elements are cells of the world. */
class View {
  readonly cell: Cell
  readonly shift: number
  readonly buffer = heap

  constructor(cell: Cell, shift: number) {
    this.cell = cell
    this.shift = shift
  }
  at(index: number): never {
    beforeRead()
    return world().get(index << this.shift, this.cell) as never
  }
  put(index: number, value: number | bigint): void {
    if (isInitialising) return recordInitialWord(index << this.shift, value as number)
    write()
    world().set(index << this.shift, this.cell === 'i32' ? Number(value) | 0 : (value as number), this.cell)
  }
  or(index: number, value: number): void {
    this.put(index, (this.at(index) as number) | value)
  }
  fill(value: 0, start: number, end: number): void {
    write()
    world().fill(start << this.shift, value, (end - start) << this.shift)
  }
  copyWithin(to: number, start: number, end: number): void {
    write()
    world().copy(to << this.shift, start << this.shift, (end - start) << this.shift)
  }
  set(from: ArrayLike<number>, offset: number): void {
    if (this.cell === 'u8' && from instanceof Uint8Array) {
      write()
      return world().setBytes(offset, from)
    }
    for (let i = 0; i < from.length; i++) this.put(offset + i, from[i])
  }
  /** Returns a copy of the current elements. Callers only read a part, and read it at once. */
  subarray(start: number, end: number): ArrayLike<number> {
    if (this.cell === 'u8') {
      beforeRead()
      return world().bytes(start, end - start)
    }
    const copy = new Uint16Array(end - start)
    for (let i = start; i < end; i++) copy[i - start] = this.at(i)
    return copy
  }
  slice(start: number, end: number): ArrayLike<number> {
    return this.subarray(start, end)
  }
}

export const $i32 = new View('i32', 2)
export const $f64 = new View('f64', 3)
export const $u8 = new View('u8', 0)
export const $u16 = new View('u16', 1)
export const $i64 = new View('i64', 3)
export const $u64 = new View('u64', 3)

const views = new Map<unknown, View>([
  [Int32Array, $i32],
  [Float64Array, $f64],
  [Uint8Array, $u8],
  [Uint16Array, $u16],
  [BigInt64Array, $i64],
  [BigUint64Array, $u64],
])

/** Evaluates `new constructor(of)`, where `of` may be the heap's buffer. */
export function newView<T>(constructor: new (of: never) => T, of: unknown): T {
  if (of !== heap) return new constructor(of as never)
  // Code that holds the view itself, and not its name, accesses elements through this proxy, slowly.
  return new Proxy(views.get(constructor)!, {
    get(view, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) return view.at(Number(key))
      const value: unknown = Reflect.get(view, key)
      if (value === undefined) throw new TypeError(`The simulated view has no ${String(key)}.`)
      return typeof value === 'function' ? (value.bind(view) as unknown) : value
    },
    set(view, key, value: number) {
      if (typeof key !== 'string' || !/^\d+$/.test(key)) return false
      view.put(Number(key), value)
      return true
    },
  }) as T
}

/** Called at the start of every `catch` of the layers: errors that end or unwind a thread must pass through. */
export function rethrowUnwind(): void {
  if (isInitialising || !inModel()) return
  beforeRead()
  world().rethrowUnwind()
}

const at = (view: View, index: number): number => index << view.shift

/** In the layers above the core every write is a point of death. */
function write(): void {
  deathPoint()
  beforeWrite()
}

type Modify = 'swap' | 'add' | 'sub' | 'and' | 'or' | 'xor'

const modify = (how: Modify) => (view: View, index: number, value: number) => {
  write()
  return world()[how](at(view, index), value | 0, 'i32')
}

/** The operations that the layers use, all on 32-bit words. */
export const Atomics = {
  load(view: View, index: number) {
    beforeRead()
    return world().load(at(view, index), 'i32')
  },
  store(view: View, index: number, value: number) {
    write()
    world().store(at(view, index), value | 0, 'i32')
    return value
  },
  exchange: modify('swap'),
  compareExchange(view: View, index: number, expected: number, value: number) {
    write()
    return world().cas(at(view, index), expected | 0, value | 0, 'i32')
  },
  add: modify('add'),
  sub: modify('sub'),
  and: modify('and'),
  or: modify('or'),
  xor: modify('xor'),
  notify(view: View, index: number, count = Infinity) {
    write()
    return world().notify(at(view, index), count)
  },
  wait(view: View | Int32Array, index: number, expected: number, ms = Infinity) {
    write()
    if (view instanceof View) return world().wait(at(view, index), expected, ms)
    // No other thread can see that word: the thread only gives others time to run.
    world().pause()
    return 'timed-out' as const
  },
  /** The event loop of this thread sleeps on the word when it is run, as if the wait had begun there. */
  waitAsync(view: View, index: number, expected: number) {
    const word = at(view, index)
    if (isHosted()) return waitOnHost(word, expected)
    if (Atomics.load(view, index) !== expected) return { async: false, value: 'not-equal' }
    return { async: true, value: { then: (woken: () => void) => void loop().bells.push({ word, expected, woken }) } }
  },
}

/**
 * Returns true if the host runs this thread's event loop in virtual time: the main thread of an asynchronous program.
 */
const isHosted = (): boolean => world().postCompletion !== undefined && world().self === 0

function waitOnHost(word: number, expected: number) {
  let then: (() => void) | undefined
  const sleeps = world().waitAsync(word, expected, Infinity, () => world().postCompletion!(() => then?.()))
  if (!sleeps) return { async: false, value: 'not-equal' }
  return { async: true, value: { then: (woken: () => void) => void (then = woken) } }
}

/** Never calls back: simulated objects live as long as their execution. */
export class FinalizationRegistry {
  register(): void {}
  unregister(): void {}
}

/** Does nothing: the library uses it only to register handles with the garbage collector later. */
export function queueMicrotask(): void {}

/** Random numbers are part of the schedule: both halves of their range are explored. */
const simulatedMath: Math = Object.create(Math, { random: { value: () => world().choose(2) / 2 } }) as Math
export { simulatedMath as Math }

export const performance = { timeOrigin: 0, now: (): number => world().now() }

interface Loop {
  readonly jobs: (() => void)[]
  readonly bells: { word: number; expected: number; woken: () => void }[]
  readonly timers: Map<number, { at: number; run: () => void }>
  serial: number
}

function loop(): Loop {
  const state = threadState()
  return (state.loop ??= { jobs: [], bells: [], timers: new Map(), serial: 0 }) as Loop
}

export function setTimeout(run: () => void, ms: number): number {
  if (isHosted()) return Number(globalThis.setTimeout(run, ms))
  const { timers } = loop()
  const id = ++loop().serial
  timers.set(id, { at: world().now() + ms, run })
  return id
}
export function clearTimeout(id: number): void {
  if (isHosted()) return globalThis.clearTimeout(id)
  loop().timers.delete(id)
}
export function setInterval(run: () => void, ms: number): number {
  if (isHosted()) return Number(globalThis.setInterval(run, ms))
  const { timers } = loop()
  const id = ++loop().serial
  const again = (): void => {
    timers.set(id, { at: world().now() + ms, run: again })
    run()
  }
  timers.set(id, { at: world().now() + ms, run: again })
  return id
}
export function clearInterval(id: number | undefined): void {
  if (id !== undefined) clearTimeout(id)
}

/** Runs this thread's event loop until it has nothing left to wait for, or until `until` returns true. */
export function runLoop(until: () => boolean = () => false): void {
  const { jobs, bells, timers } = loop()
  while (!until()) {
    const job = jobs.shift()
    if (job !== undefined) {
      job()
      continue
    }
    const [first] = [...timers].sort(([, a], [, b]) => a.at - b.at)
    const bell = bells.shift()
    if (bell === undefined && first === undefined) return
    const left = first === undefined ? Infinity : Math.max(0, first[1].at - world().now())
    const how = bell === undefined ? 'timed-out' : world().wait(bell.word, bell.expected, left)
    if (how !== 'timed-out') bell!.woken()
    else {
      if (bell !== undefined) bells.unshift(bell)
      timers.delete(first[0])
      first[1].run()
    }
  }
}

const isThenable = <T>(value: T | PromiseLike<T>): value is PromiseLike<T> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'

function later(job: () => void): void {
  if (isHosted()) globalThis.queueMicrotask(job)
  else loop().jobs.push(job)
}

type Settle<T> = (value: T) => void

/** The promises of the thread's event loop: `runLoop` runs their reactions. Only as much as the layers use. */
export class Promise<T> {
  #state: { readonly value: T } | { readonly error: unknown } | undefined
  #waiting: (() => void)[] = []

  constructor(run: (resolve: Settle<T>, reject: Settle<unknown>) => void) {
    run(
      value => this.#resolve(value),
      error => this.#settle({ error }),
    )
  }
  static resolve<T>(value?: T): Promise<T> {
    return new Promise(resolve => resolve(value as T))
  }
  static reject(error: unknown): Promise<never> {
    return new Promise((_, reject) => reject(error))
  }
  /** Waits for the value if it is thenable. */
  #resolve(value: T | PromiseLike<T>): void {
    if (!isThenable(value)) return this.#settle({ value })
    const fail = (error: unknown): void => this.#settle({ error })
    later(() => {
      try {
        value.then(value => this.#resolve(value), fail)
      } catch (error) {
        fail(error)
      }
    })
  }
  #settle(state: { readonly value: T } | { readonly error: unknown }): void {
    if (this.#state !== undefined) return
    this.#state = state
    for (const react of this.#waiting) later(react)
  }
  then<A = T, B = never>(onValue?: ((value: T) => A) | null, onError?: ((error: unknown) => B) | null): Promise<A | B> {
    return new Promise<A | B>((resolve, reject) => {
      const react = (): void => {
        const state = this.#state!
        try {
          if ('value' in state) resolve(onValue ? onValue(state.value) : (state.value as never))
          else if (onError) resolve(onError(state.error))
          else reject(state.error)
        } catch (error) {
          reject(error)
        }
      }
      if (this.#state === undefined) this.#waiting.push(react)
      else later(react)
    })
  }
  finally(run: () => unknown): Promise<T> {
    return this.then(
      value => (run(), value),
      error => {
        run()
        throw error
      },
    )
  }
}

const { Buffer: _, ...others } = Object.getOwnPropertyDescriptors(globalThis) as Record<string, PropertyDescriptor>

/** The global object without Node's `Buffer`, whose methods read memory that is not simulated. */
const withoutBuffer: object = Object.create(null, others)
export { withoutBuffer as globalThis }
