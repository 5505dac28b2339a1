/** Rc: shared ownership within one thread, after std's `Rc`. It exists so that the types can refuse to send it. */
import { refuseClass } from '../memory/codec/codec.ts'
import type { Crossing, crossing } from '../send.ts'

/**
 * A value with several owners in one thread. It never crosses to another thread.
 *
 * ```ts
 * const rc = new Rc(5)
 * rc.value // => 5
 * ```
 */
export class Rc<T> {
  declare readonly [crossing]: Crossing<'Rc', 'never: use Arc', 'never: use Arc', T>
  readonly value: T

  constructor(value: T) {
    this.value = value
  }
  /** Adds an owner. In JavaScript, this is the same object. */
  static clone<T>(rc: Rc<T>): Rc<T> {
    return rc
  }
}

refuseClass(Rc, 'use Arc')
