/** The shared memory as WebAssembly instructions: the twin of `memory.ts`, compiled by AssemblyScript only. */
// @inline is what makes a call cost nothing: a mutex's lock and unlock become 140 bytes of code.

// @ts-nocheck: AssemblyScript's intrinsics are not TypeScript.
@inline export function load(at: i32): i32 { return atomic.load<i32>(at) }
@inline export function store(at: i32, value: i32): void { atomic.store<i32>(at, value) }
@inline export function cas(at: i32, expected: i32, value: i32): i32 { return atomic.cmpxchg<i32>(at, expected, value) }
@inline export function swap(at: i32, value: i32): i32 { return atomic.xchg<i32>(at, value) }
@inline export function add(at: i32, value: i32): i32 { return atomic.add<i32>(at, value) }
@inline export function notify(at: i32, count: i32): i32 { return atomic.notify(at, count) }
@inline export function nap(at: i32, expected: i32, ms: f64): void { atomic.wait<i32>(at, expected, <i64>(ms * 1000000.0)) }
@inline export function get(at: i32): i32 { return i32.load(at) }
@inline export function set(at: i32, value: i32): void { i32.store(at, value) }
@inline export function getFloat(at: i32): f64 { return f64.load(at) }
@inline export function setFloat(at: i32, value: f64): void { f64.store(at, value) }
@inline export function getByte(at: i32): i32 { return <i32>i32.load8_u(at) }
@inline export function setByte(at: i32, value: i32): void { i32.store8(at, value) }
@inline export function copy(to: i32, from: i32, length: i32): void { memory.copy(to, from, length) }
@inline export function multiply(a: i32, b: i32): i32 { return a * b }
@inline export function leadingZeros(value: i32): i32 { return clz<i32>(value) }
