/**
 * The functions that the compiler emits for steps, in code that a model runs as generators.
 *
 *   Atomics.load(n, 0)   becomes   ($.load(n, 0) || (yield), $.x())
 *
 * Each function announces a step and returns true if the step was made. `x` returns its result.
 */
import { I32, type Value } from '../engine/cell.ts'
import { generators, type ThreadBody, type Frame } from './generators.ts'
import { ADD, AND, CAS, WAIT_RESULTS, LOAD, NOTIFY, OR, PAUSE, STORE, SUB, SWAP, WAIT, XOR } from '../engine/ops.ts'
import { addressOf, waitAddressOf, toCellValue, type RawArray } from './raw.ts'

/** A thread that runs as a generator. */
class GeneratorThread {
  readonly id: number
  constructor(id: number) {
    this.id = id
  }
}

const asHow = (result: Value): unknown => WAIT_RESULTS[result as 0 | 1 | 2]
const asNothing = (): unknown => undefined
const asThread = (result: Value): unknown => new GeneratorThread(result as number)

const modify =
  (kind: number) =>
  (array: RawArray, index: number, value: Value): boolean =>
    generators().begin(kind, addressOf(array, index), array.cell, toCellValue(array, value), 0)

/** The frame of a thread's body that makes no step. */
// oxlint-disable-next-line eslint/require-yield -- a thread is a generator, whether it makes a step or not
function* run(body: () => unknown): Frame {
  return body()
}

/** The functions that both dialects of transformed code use. */
const threads = {
  x: (): unknown => generators().read(),
  call: (frame: Frame): boolean => generators().call(frame),
  still:
    (body: () => unknown): ThreadBody =>
    () =>
      run(body),
  spawn: (body: ThreadBody, name?: string): boolean => generators().spawn(body, name, asThread),
  join(thread: unknown): boolean {
    if (thread instanceof GeneratorThread) {
      const { id } = thread
      return generators().join(id, () => generators().joined(id))
    }
    const other = thread as { join(): unknown }
    return generators().pass(other.join())
  },
}

/** Replaces `Atomics`, `thread.spawn` and `join`. */
export const $ = {
  ...threads,
  load: (array: RawArray, index: number): boolean =>
    generators().begin(LOAD, addressOf(array, index), array.cell, 0, 0),
  store(array: RawArray, index: number, value: Value): boolean {
    return generators().begin(STORE, addressOf(array, index), array.cell, toCellValue(array, value), 0, () => value)
  },
  exchange: modify(SWAP),
  add: modify(ADD),
  sub: modify(SUB),
  and: modify(AND),
  or: modify(OR),
  xor: modify(XOR),
  compareExchange: (array: RawArray, index: number, expected: Value, value: Value): boolean =>
    generators().begin(
      CAS,
      addressOf(array, index),
      array.cell,
      toCellValue(array, expected),
      toCellValue(array, value),
    ),
  notify: (array: RawArray, index: number, count = Infinity): boolean =>
    generators().begin(NOTIFY, waitAddressOf(array, index), array.cell, count, 0),
  wait: (array: RawArray, index: number, expected: Value, ms = Infinity): boolean =>
    generators().begin(WAIT, waitAddressOf(array, index), array.cell, expected, ms, asHow),
  pause: (): boolean => generators().begin(PAUSE, 0, I32, 0, 0, asNothing),
}

const word =
  (kind: number) =>
  (at: number, value: number): boolean =>
    generators().begin(kind, at, I32, value, 0)

/** Replaces the core's access to words of memory. */
export const $words = {
  ...threads,
  load: (at: number): boolean => generators().begin(LOAD, at, I32, 0, 0),
  store: word(STORE),
  swap: word(SWAP),
  add: word(ADD),
  notify: word(NOTIFY),
  cas: (at: number, expected: number, value: number): boolean => generators().begin(CAS, at, I32, expected, value),
  nap: (at: number, expected: number, ms: number): boolean =>
    generators().begin(WAIT, at, I32, expected, ms, asNothing),
}
