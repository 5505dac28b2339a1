/**
 * Virtual time and randomness for asynchronous models.
 *
 * While a model runs, they replace the platform's timers, clocks and `Math.random`, so that an execution depends only
 * on its schedule. A second of virtual time costs nothing.
 */
import { RandomNumbers } from '../search/random.ts'

export interface Timer {
  readonly id: number
  /** The virtual time at which the timer fires, in milliseconds. */
  readonly at: number
  readonly run: () => void
}

/** 2020-01-01, a realistic date. */
const EPOCH = Date.UTC(2020, 0, 1)

/** A timer as the program sees it. */
class TimerHandle {
  readonly id: number
  constructor(id: number) {
    this.id = id
  }
  ref(): this {
    return this
  }
  unref(): this {
    return this
  }
  [Symbol.toPrimitive](): number {
    return this.id
  }
}

type Callback = (...args: unknown[]) => void

export class VirtualTime {
  readonly #now: () => number
  readonly #dice: RandomNumbers
  #timers: Timer[] = []
  #ids = 0
  #saved: readonly (readonly [object: object, key: string, descriptor: PropertyDescriptor])[] = []

  constructor(now: () => number, seed: number) {
    this.#now = now
    this.#dice = new RandomNumbers(seed)
  }

  /** Returns the timers that fire next. Several timers may be due at the same time. */
  next(): readonly Timer[] {
    const first = Math.min(...this.#timers.map(timer => timer.at))
    return this.#timers.filter(timer => timer.at === first)
  }

  remove(timer: Timer): void {
    this.#timers = this.#timers.filter(other => other !== timer)
  }

  /** Replaces the platform's globals by the virtual ones. */
  install(): void {
    const set = (callback: Callback, ms = 0, ...args: unknown[]): TimerHandle => this.#add(ms, () => callback(...args))
    const every = (callback: Callback, ms = 0, ...args: unknown[]): TimerHandle => {
      const handle = this.#add(ms, tick)
      function tick(this: void): void {
        again()
        callback(...args)
      }
      const again = (): void => void this.#add(ms, tick, handle.id)
      return handle
    }
    const clear = (handle: TimerHandle | number | undefined): void => {
      this.#timers = this.#timers.filter(timer => timer.id !== Number(handle))
    }
    const now = this.#now
    const globals: Readonly<Record<string, unknown>> = {
      setTimeout: set,
      setInterval: every,
      setImmediate: (callback: Callback, ...args: unknown[]) => this.#add(0, () => callback(...args)),
      clearTimeout: clear,
      clearInterval: clear,
      clearImmediate: clear,
      Date: dateAt(() => EPOCH + now()),
    }
    const random = (): number => this.#dice.roll(0x4000_0000) / 0x4000_0000
    this.#saved = [
      ...Object.entries(globals).map(([key, value]) => replace(globalThis, key, value)),
      replace(Math, 'random', random),
      replace(globalThis.performance, 'now', now),
    ]
  }

  uninstall(): void {
    for (const [object, key, descriptor] of this.#saved) Object.defineProperty(object, key, descriptor)
    this.#saved = []
  }

  #add(ms: number, run: () => void, id = ++this.#ids): TimerHandle {
    this.#timers.push({ id, at: this.#now() + Math.max(0, ms || 0), run })
    return new TimerHandle(id)
  }
}

function replace(object: object, key: string, value: unknown): readonly [object, string, PropertyDescriptor] {
  const own = Object.getOwnPropertyDescriptor(object, key)
  // `performance.now` is inherited. `uninstall` restores an own method of the object that does the same.
  const inherited = (object as Record<string, unknown>)[key] as (...args: unknown[]) => unknown
  const saved = own ?? { value: inherited.bind(object), writable: true, configurable: true, enumerable: false }
  Object.defineProperty(object, key, { value, writable: true, configurable: true, enumerable: false })
  return [object, key, saved]
}

function dateAt(now: () => number): DateConstructor {
  const RealDate = Date
  return class VirtualDate extends RealDate {
    constructor(...args: readonly [] | ConstructorParameters<DateConstructor>) {
      if (args.length === 0) super(now())
      else super(...(args as [number]))
    }
    static override now(): number {
      return now()
    }
  } as unknown as DateConstructor
}
