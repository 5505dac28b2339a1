/**
 * The sleep set after a step: processes whose next step is independent of it.
 *
 * The order of two independent steps makes no difference, so those processes stay asleep.
 */
import { BYTES, maskOf } from '../engine/cell.ts'
import type { ExecutionState } from '../engine/execution-state.ts'
import { CAS, CHOOSE, KILL, PAUSE, QUEUE, READS, TOUCHES, WAKE, WRITES, areDependent } from '../engine/ops.ts'
import { lowestProcess } from './tree.ts'

/** Returns those processes of a set whose compareExchange would fail now. Must be called before the step. */
export function failingExchanges(execution: ExecutionState, set: number): number {
  if (execution.events.mixed) return 0
  let refused = 0
  for (let rest = set; rest !== 0; rest &= rest - 1) {
    const p = lowestProcess(rest)
    if (execution.kind[p] !== CAS) continue
    const { memory, cell, at, a } = execution
    if (memory.read(at[p], cell[p]) !== memory.wrap(cell[p], a[p])) refused |= 1 << p
  }
  return refused
}

/** Returns those processes of the sleep set that stay in it after the event. */
export function sleepSetAfter(execution: ExecutionState, asleep: number, refused: number, event: number): number {
  let still = 0
  for (let rest = asleep; rest !== 0; rest &= rest - 1) {
    const bit = rest & -rest
    if (!dependsOn(execution, 31 - Math.clz32(bit), (refused & bit) !== 0, event)) still |= bit
  }
  return still
}

/** Returns true if the next step of the process depends on the event. */
function dependsOn(execution: ExecutionState, p: number, refused: boolean, event: number): boolean {
  const { events } = execution
  const { victim } = execution.processes
  const process = events.process[event]
  const kind = execution.kind[p]
  // A death depends on every step of its victim, and every step of the victim on the death.
  if (kind === KILL && victim[p] === process) return true
  if (events.kind[event] === KILL && victim[process] === p) return true
  const touches = events.touches[event]
  if (kind === PAUSE) return (touches & WRITES) !== 0
  const where = kind === KILL ? victim[p] : p
  const own = touchesOf(execution, p, refused)
  if (own === 0 || touches === 0 || execution.at[where] >> 3 !== events.slot[event]) return false
  const mask = maskOf(execution.at[where], BYTES[execution.cell[where]])
  return (mask & events.mask[event]) !== 0 && areDependent(own, touches)
}

function touchesOf(execution: ExecutionState, p: number, refused: boolean): number {
  const kind = execution.kind[p]
  if (refused) return READS
  if (kind === WAKE) return QUEUE
  // The next step of the victim is WAKE if it went to sleep, even if this event has just woken it.
  if (kind === KILL) return execution.kind[execution.processes.victim[p]] === WAKE ? QUEUE : 0
  return TOUCHES[kind]
}

/**
 * Orders a death after all steps of its victim, because it might have prevented any of them. It does prevent the next
 * one.
 */
export function orderDeath(execution: ExecutionState, event: number, victim: number, alive: boolean): void {
  const { events, tree } = execution
  // A choice of a thread belongs to the step before it: no death happens between the two.
  let step = events.last[victim]
  while (step >= 0 && events.kind[step] === CHOOSE) step = events.previousOfProcess[step]
  if (step >= 0 && !events.precedes(step, event)) events.races[events.raceCount++] = step
  if (events.last[victim] >= 0) events.orderAfter(event, events.last[victim])
  if (!alive) return
  const next = tree.enabled[event] & (1 << victim)
  tree.backtrack[event] |= next === 0 ? tree.enabled[event] : next
}
