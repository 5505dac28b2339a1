/**
 * The memory interface over JavaScript typed arrays. The core reaches the heap only through these functions, and so do
 * the layers above it, except for the files listed in ARCHITECTURE.md, which use the views of memory/heap.ts.
 *
 * The core is written once, in a subset of TypeScript that AssemblyScript compiles too. `memory.wasm.ts` implements the
 * same functions with WebAssembly instructions, and `memory.simulated.ts` for the model checker. The build swaps the
 * files, so that the same core runs in every backend.
 *
 * Addresses are byte offsets below 2 GiB. `load`, `store`, `cas`, `swap`, `add`, `and`, `or`, `xor` and their variants
 * for doubles are atomic and sequentially consistent. `get`, `set`, `getFloat`, `setFloat` and `copy` are plain:
 * their callers must exclude data races.
 */
import { sharedMemory } from './shared-memory.ts'

/** Undefined in runtimes without `Atomics.pause`. */
const hint = (Atomics as { pause?: () => void }).pause
const { buffer } = sharedMemory
const words = new Int32Array(buffer)
const floats = new Float64Array(buffer)
const bytes = new Uint8Array(buffer)
const longs = new BigInt64Array(buffer)

/** Converts a double to its bits and back. */
const double = new Float64Array(1)
const bits = new BigInt64Array(double.buffer)

export function load(at: i32): i32 {
  return Atomics.load(words, at >> 2)
}
export function store(at: i32, value: i32): void {
  Atomics.store(words, at >> 2, value)
}
/**
 * Stores atomically without ordering, as Rust's `Relaxed`: other threads may `load` at any time and see a whole word.
 */
export function storeRelaxed(at: i32, value: i32): void {
  words[at >> 2] = value
}
/** Returns the previous value, which equals `expected` exactly if the exchange succeeded. */
export function cas(at: i32, expected: i32, value: i32): i32 {
  return Atomics.compareExchange(words, at >> 2, expected, value)
}
export function swap(at: i32, value: i32): i32 {
  return Atomics.exchange(words, at >> 2, value)
}
/** Returns the previous value. */
export function add(at: i32, value: i32): i32 {
  return Atomics.add(words, at >> 2, value)
}
export function and(at: i32, value: i32): i32 {
  return Atomics.and(words, at >> 2, value)
}
export function or(at: i32, value: i32): i32 {
  return Atomics.or(words, at >> 2, value)
}
export function xor(at: i32, value: i32): i32 {
  return Atomics.xor(words, at >> 2, value)
}
export function loadFloat(at: i32): f64 {
  bits[0] = Atomics.load(longs, at >> 3)
  return double[0]!
}
export function storeFloat(at: i32, value: f64): void {
  double[0] = value
  Atomics.store(longs, at >> 3, bits[0]!)
}
export function swapFloat(at: i32, value: f64): f64 {
  double[0] = value
  bits[0] = Atomics.exchange(longs, at >> 3, bits[0]!)
  return double[0]
}
/** Returns the previous value, which has the bits of `expected` exactly if the exchange succeeded. */
export function casFloat(at: i32, expected: f64, value: f64): f64 {
  double[0] = value
  const next = bits[0]!
  double[0] = expected
  bits[0] = Atomics.compareExchange(longs, at >> 3, bits[0]!, next)
  return double[0]
}
/** Returns whether two doubles have the same bits. */
export function sameFloat(a: f64, b: f64): i32 {
  double[0] = a
  const first = bits[0]!
  double[0] = b
  return first == bits[0] ? 1 : 0
}
export function notify(at: i32, count: i32): i32 {
  return Atomics.notify(words, at >> 2, count)
}
/**
 * Blocks until notified, at most `ms`. Returns at once if the word is not `expected`. Only for threads that may block.
 */
export function nap(at: i32, expected: i32, ms: f64): void {
  Atomics.wait(words, at >> 2, expected, ms)
}
/** A spin hint: the caller makes no progress before another thread has stored. */
export function pause(): void {
  hint?.()
}
export function get(at: i32): i32 {
  return words[at >> 2]!
}
export function set(at: i32, value: i32): void {
  words[at >> 2] = value
}
export function getFloat(at: i32): f64 {
  return floats[at >> 3]!
}
export function setFloat(at: i32, value: f64): void {
  floats[at >> 3] = value
}
export function copy(to: i32, from: i32, length: i32): void {
  bytes.copyWithin(to, from, from + length)
}
/** Returns the low 32 bits of a product. */
export function multiply(a: i32, b: i32): i32 {
  return Math.imul(a, b)
}
export function leadingZeros(value: i32): i32 {
  return Math.clz32(value)
}
