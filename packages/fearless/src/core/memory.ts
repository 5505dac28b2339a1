/**
 * The shared memory as plain JavaScript: the core's only way to reach a word.
 *
 * The core is written once, in the TypeScript that AssemblyScript compiles too. `memory.wasm.ts` has the same
 * functions over WebAssembly instructions; the build swaps the two files, so the same source runs in both lives.
 *
 * Addresses are byte offsets below 2 GiB. `load`, `store`, `cas`, `swap`, `add`, `and`, `or`, `xor` and their twins for doubles are atomic and sequentially
 * consistent; `get`, `set`, `getFloat`, `setFloat`, `copy` are plain and need an argument why nobody races.
 */
/** Newer than some of the runtimes. */
const hint = (Atomics as { pause?: () => void }).pause
let words = new Int32Array(0)
let floats = new Float64Array(0)
let bytes = new Uint8Array(0)
let longs = new BigInt64Array(0)

/** A double's bits. */
const double = new Float64Array(1)
const bits = new BigInt64Array(double.buffer)

export function bindMemory(buffer: ArrayBufferLike): void {
  words = new Int32Array(buffer) as Int32Array<ArrayBuffer>
  floats = new Float64Array(buffer) as Float64Array<ArrayBuffer>
  bytes = new Uint8Array(buffer) as Uint8Array<ArrayBuffer>
  longs = new BigInt64Array(buffer) as BigInt64Array<ArrayBuffer>
}

export function load(at: i32): i32 {
  return Atomics.load(words, at >> 2)
}
export function store(at: i32, value: i32): void {
  Atomics.store(words, at >> 2, value)
}
/** A store that others may `load` at any time and that orders nothing, as Rust's `Relaxed`: an aligned word is written whole. */
export function storeRelaxed(at: i32, value: i32): void {
  words[at >> 2] = value
}
/** Returns what was there: equal to `expected` if the exchange happened. */
export function cas(at: i32, expected: i32, value: i32): i32 {
  return Atomics.compareExchange(words, at >> 2, expected, value)
}
export function swap(at: i32, value: i32): i32 {
  return Atomics.exchange(words, at >> 2, value)
}
/** Returns what was there before. */
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
/** Returns what was there: the same bits as `expected` if the exchange happened. */
export function casFloat(at: i32, expected: f64, value: f64): f64 {
  double[0] = value
  const next = bits[0]!
  double[0] = expected
  bits[0] = Atomics.compareExchange(longs, at >> 3, bits[0]!, next)
  return double[0]
}
/** Whether two doubles have the same bits. */
export function sameFloat(a: f64, b: f64): i32 {
  double[0] = a
  const first = bits[0]!
  double[0] = b
  return first == bits[0] ? 1 : 0
}
export function notify(at: i32, count: i32): i32 {
  return Atomics.notify(words, at >> 2, count)
}
/** Sleeps until woken, at most `ms`; returns at once if the word is not `expected`. Only for threads that may block. */
export function nap(at: i32, expected: i32, ms: f64): void {
  Atomics.wait(words, at >> 2, expected, ms)
}
/** A spin hint: nothing changes before another thread has written. */
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
export function getByte(at: i32): i32 {
  return bytes[at]!
}
export function setByte(at: i32, value: i32): void {
  bytes[at] = value
}
export function copy(to: i32, from: i32, length: i32): void {
  bytes.copyWithin(to, from, from + length)
}
/** The low 32 bits of a product. */
export function multiply(a: i32, b: i32): i32 {
  return Math.imul(a, b)
}
export function leadingZeros(value: i32): i32 {
  return Math.clz32(value)
}
