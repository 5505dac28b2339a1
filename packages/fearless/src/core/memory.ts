/**
 * The shared memory as plain JavaScript: the core's only way to reach a word.
 *
 * The core is written once, in the TypeScript that AssemblyScript compiles too. `memory.wasm.ts` has the same
 * functions over WebAssembly instructions; the build swaps the two files, so the same source runs in both lives.
 *
 * Addresses are byte offsets below 2 GiB. `load`, `store`, `cas`, `swap`, `add` are atomic and sequentially
 * consistent; `get`, `set`, `getFloat`, `setFloat`, `copy` are plain and need an argument why nobody races.
 */
let words = new Int32Array(0)
let floats = new Float64Array(0)
let bytes = new Uint8Array(0)

export function bindMemory(buffer: ArrayBufferLike): void {
  words = new Int32Array(buffer) as Int32Array<ArrayBuffer>
  floats = new Float64Array(buffer) as Float64Array<ArrayBuffer>
  bytes = new Uint8Array(buffer) as Uint8Array<ArrayBuffer>
}

export function load(at: i32): i32 {
  return Atomics.load(words, at >> 2)
}
export function store(at: i32, value: i32): void {
  Atomics.store(words, at >> 2, value)
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
export function notify(at: i32, count: i32): i32 {
  return Atomics.notify(words, at >> 2, count)
}
/** Sleeps until woken, at most `ms`; returns at once if the word is not `expected`. Only for threads that may block. */
export function nap(at: i32, expected: i32, ms: f64): void {
  Atomics.wait(words, at >> 2, expected, ms)
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
