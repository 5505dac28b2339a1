/**
 * The operations of the public atomics on one word or one double. Each is atomic and sequentially consistent.
 *
 *   +0   ATOMIC_OWNERS  owners
 *   +4   ATOMIC_WEAKS   weak owners
 *   +8   ATOMIC_VALUE   f64: the value, or (low word) a value of 4 bytes
 *   +16  ATOMIC_BYTES   end
 *
 * Integers of 8 and 16 bits use a whole word and are zero- or sign-extended as their type demands. So equal values are
 * equal words. `within` truncates a result to the type's bits and extends it.
 */
import {
  add,
  and,
  cas,
  casFloat,
  load,
  loadFloat,
  or,
  sameFloat,
  store,
  storeFloat,
  swap,
  swapFloat,
  xor,
} from './memory.ts'

export const ATOMIC_OWNERS: i32 = 0
export const ATOMIC_WEAKS: i32 = 4
export const ATOMIC_VALUE: i32 = 8
export const ATOMIC_BYTES: i32 = 16

const NAN: f64 = 0.0 / 0.0

export function wordLoad(at: i32): i32 {
  return load(at)
}
export function wordStore(at: i32, value: i32): void {
  store(at, value)
}
export function wordSwap(at: i32, value: i32): i32 {
  return swap(at, value)
}
export function wordCompareExchange(at: i32, expected: i32, value: i32): i32 {
  return cas(at, expected, value)
}
export function wordAdd(at: i32, value: i32): i32 {
  return add(at, value)
}
export function wordAnd(at: i32, value: i32): i32 {
  return and(at, value)
}
export function wordOr(at: i32, value: i32): i32 {
  return or(at, value)
}
export function wordXor(at: i32, value: i32): i32 {
  return xor(at, value)
}

/** Adds in a type of 32 - `shift` bits. */
export function wordAddWithin(at: i32, value: i32, shift: i32, signed: i32): i32 {
  while (true) {
    const seen = load(at)
    if (cas(at, seen, within(seen + value, shift, signed)) == seen) return seen
  }
}

export function wordNandWithin(at: i32, value: i32, shift: i32, signed: i32): i32 {
  while (true) {
    const seen = load(at)
    if (cas(at, seen, within(~(seen & value), shift, signed)) == seen) return seen
  }
}

/** `flip` is the sign bit for an unsigned type, so that the signed comparison orders its words; else it is 0. */
export function wordMax(at: i32, value: i32, flip: i32): i32 {
  while (true) {
    const seen = load(at)
    if ((seen ^ flip) >= (value ^ flip) || cas(at, seen, value) == seen) return seen
  }
}

export function wordMin(at: i32, value: i32, flip: i32): i32 {
  while (true) {
    const seen = load(at)
    if ((seen ^ flip) <= (value ^ flip) || cas(at, seen, value) == seen) return seen
  }
}

function within(value: i32, shift: i32, signed: i32): i32 {
  return signed != 0 ? (value << shift) >> shift : ((value << shift) >>> shift) | 0
}

export function floatLoad(at: i32): f64 {
  return loadFloat(at)
}
export function floatStore(at: i32, value: f64): void {
  storeFloat(at, onlyNaN(value))
}
export function floatSwap(at: i32, value: f64): f64 {
  return swapFloat(at, onlyNaN(value))
}
export function floatCompareExchange(at: i32, expected: f64, value: f64): f64 {
  return casFloat(at, onlyNaN(expected), onlyNaN(value))
}

export function floatAdd(at: i32, value: f64): f64 {
  while (true) {
    const seen = loadFloat(at)
    if (sameFloat(casFloat(at, seen, onlyNaN(seen + value)), seen) != 0) return seen
  }
}

/** Ignores a NaN argument, and replaces a NaN in memory. */
export function floatMax(at: i32, value: f64): f64 {
  while (true) {
    const seen = loadFloat(at)
    if (value != value || seen >= value || sameFloat(casFloat(at, seen, value), seen) != 0) return seen
  }
}

export function floatMin(at: i32, value: f64): f64 {
  while (true) {
    const seen = loadFloat(at)
    if (value != value || seen <= value || sameFloat(casFloat(at, seen, value), seen) != 0) return seen
  }
}

/** Replaces every NaN by the same NaN, so that equal values have equal bits. */
function onlyNaN(value: f64): f64 {
  return value == value ? value : NAN
}
