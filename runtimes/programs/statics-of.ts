// A module that makes shared objects in all the ways that a module can.
import { Arc, AtomicI32, Mutex, vec } from 'fearless'
import { makeCounter } from './statics-factory.ts'

const start = await Promise.resolve(0)

export const total = new Arc(new Mutex(0))
export const late = new Mutex(await Promise.resolve(start))
export const made = makeCounter()
export const cells = new Mutex(vec.i32(1))

export class Stats {
  static readonly hits = new AtomicI32(0)
  static readonly misses: AtomicI32
  static {
    Stats.misses = new AtomicI32(0)
  }
}

class Counter {
  readonly #n = new Mutex(0)
  inc(): void {
    this.#n.update(n => n + 1).wait()
  }
  get(): number {
    return this.#n.update(n => n).wait()
  }
}
export const counter = new Counter()

export default new Mutex(0)
