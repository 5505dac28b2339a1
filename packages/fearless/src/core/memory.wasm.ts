/**
 * The core's memory interface as WebAssembly instructions, compiled by AssemblyScript only. The same functions as
 * memory.ts.
 */
// @inline makes these calls free: locking and unlocking a mutex becomes 140 bytes of code.

// @ts-nocheck: AssemblyScript's intrinsics are not TypeScript.
@inline export function load(at: i32): i32 { return atomic.load<i32>(at) }
@inline export function store(at: i32, value: i32): void { atomic.store<i32>(at, value) }
@inline export function storeRelaxed(at: i32, value: i32): void { i32.store(at, value) }
@inline export function cas(at: i32, expected: i32, value: i32): i32 { return atomic.cmpxchg<i32>(at, expected, value) }
@inline export function swap(at: i32, value: i32): i32 { return atomic.xchg<i32>(at, value) }
@inline export function add(at: i32, value: i32): i32 { return atomic.add<i32>(at, value) }
@inline export function and(at: i32, value: i32): i32 { return atomic.and<i32>(at, value) }
@inline export function or(at: i32, value: i32): i32 { return atomic.or<i32>(at, value) }
@inline export function xor(at: i32, value: i32): i32 { return atomic.xor<i32>(at, value) }
@inline export function loadFloat(at: i32): f64 { return reinterpret<f64>(atomic.load<i64>(at)) }
@inline export function storeFloat(at: i32, value: f64): void { atomic.store<i64>(at, reinterpret<i64>(value)) }
@inline export function swapFloat(at: i32, value: f64): f64 { return reinterpret<f64>(atomic.xchg<i64>(at, reinterpret<i64>(value))) }
@inline export function casFloat(at: i32, expected: f64, value: f64): f64 { return reinterpret<f64>(atomic.cmpxchg<i64>(at, reinterpret<i64>(expected), reinterpret<i64>(value))) }
@inline export function sameFloat(a: f64, b: f64): i32 { return reinterpret<i64>(a) == reinterpret<i64>(b) ? 1 : 0 }
@inline export function notify(at: i32, count: i32): i32 { return atomic.notify(at, count) }
@inline export function nap(at: i32, expected: i32, ms: f64): void { atomic.wait<i32>(at, expected, <i64>(ms * 1000000.0)) }
@inline export function pause(): void {}
@inline export function get(at: i32): i32 { return i32.load(at) }
@inline export function set(at: i32, value: i32): void { i32.store(at, value) }
@inline export function getFloat(at: i32): f64 { return f64.load(at) }
@inline export function setFloat(at: i32, value: f64): void { f64.store(at, value) }
@inline export function copy(to: i32, from: i32, length: i32): void { memory.copy(to, from, length) }
@inline export function multiply(a: i32, b: i32): i32 { return a * b }
@inline export function leadingZeros(value: i32): i32 { return clz<i32>(value) }
