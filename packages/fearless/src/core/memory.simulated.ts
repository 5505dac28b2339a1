/**
 * The memory interface in the model checker, swapped in by the build. The same functions as memory.ts.
 *
 * An atomic access is a step, before which another thread may run. A plain access is checked for data races.
 */
import { beforeRead, beforeWrite } from '../model/engine/death.ts'
import { world } from '../model/drivers/world.ts'

export function load(at: i32): i32 {
  beforeRead()
  return world().load(at, 'i32')
}
export function store(at: i32, value: i32): void {
  beforeWrite()
  world().store(at, value, 'i32')
}
export function storeRelaxed(at: i32, value: i32): void {
  beforeWrite()
  world().store(at, value, 'i32')
}
export function cas(at: i32, expected: i32, value: i32): i32 {
  beforeWrite()
  return world().cas(at, expected, value, 'i32')
}
export function swap(at: i32, value: i32): i32 {
  beforeWrite()
  return world().swap(at, value, 'i32')
}
export function add(at: i32, value: i32): i32 {
  beforeWrite()
  return world().add(at, value, 'i32')
}
export function and(at: i32, value: i32): i32 {
  beforeWrite()
  return world().and(at, value, 'i32')
}
export function or(at: i32, value: i32): i32 {
  beforeWrite()
  return world().or(at, value, 'i32')
}
export function xor(at: i32, value: i32): i32 {
  beforeWrite()
  return world().xor(at, value, 'i32')
}
export function loadFloat(at: i32): f64 {
  beforeRead()
  return world().load(at, 'f64')
}
export function storeFloat(at: i32, value: f64): void {
  beforeWrite()
  world().store(at, value, 'f64')
}
export function swapFloat(at: i32, value: f64): f64 {
  beforeWrite()
  return world().swap(at, value, 'f64')
}
export function casFloat(at: i32, expected: f64, value: f64): f64 {
  beforeWrite()
  return world().cas(at, expected, value, 'f64')
}
export function sameFloat(a: f64, b: f64): i32 {
  return Object.is(a, b) ? 1 : 0
}
export function notify(at: i32, count: i32): i32 {
  beforeWrite()
  return world().notify(at, count)
}
export function nap(at: i32, expected: i32, ms: f64): void {
  beforeWrite()
  world().wait(at, expected, ms)
}
export function pause(): void {
  beforeRead()
  world().pause()
}
export function get(at: i32): i32 {
  beforeRead()
  return world().get(at, 'i32')
}
export function set(at: i32, value: i32): void {
  beforeWrite()
  world().set(at, value, 'i32')
}
export function getFloat(at: i32): f64 {
  beforeRead()
  return world().get(at, 'f64')
}
export function setFloat(at: i32, value: f64): void {
  beforeWrite()
  world().set(at, value, 'f64')
}
export function copy(to: i32, from: i32, length: i32): void {
  beforeWrite()
  world().copy(to, from, length)
}
export function multiply(a: i32, b: i32): i32 {
  return Math.imul(a, b)
}
export function leadingZeros(value: i32): i32 {
  return Math.clz32(value)
}
