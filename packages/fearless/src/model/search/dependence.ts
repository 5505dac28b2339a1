/**
 * Which processes go on sleeping in the search's sense after a step: those whose own next step does not depend on it,
 * so that it makes no difference which of the two comes first.
 */
import { BYTES, maskOf } from '../engine/cell.ts'
import type { Execution } from '../engine/execution.ts'
import { CAS, CHOOSE, KILL, PAUSE, QUEUE, READS, TOUCHES, WAKE, WRITES, depend } from '../engine/ops.ts'
import { lowest } from './tree.ts'

/** Of the processes in a set, those whose exchange would be refused now. To be asked before the step. */
export function refusedNow(execution: Execution, set: number): number {
  if (execution.events.mixed) return 0
  let refused = 0
  for (let rest = set; rest !== 0; rest &= rest - 1) {
    const p = lowest(rest)
    if (execution.kind[p] !== CAS) continue
    const { memory, cell, at, a } = execution
    if (memory.read(at[p], cell[p]) !== memory.wrap(cell[p], a[p])) refused |= 1 << p
  }
  return refused
}

/** Of those who slept before the event, those who do after it. */
export function stillAsleep(execution: Execution, asleep: number, refused: number, event: number): number {
  let still = 0
  for (let rest = asleep; rest !== 0; rest &= rest - 1) {
    const bit = rest & -rest
    if (!dependsOn(execution, 31 - Math.clz32(bit), (refused & bit) !== 0, event)) still |= bit
  }
  return still
}

/** Whether the process's next step depends on the event. */
function dependsOn(execution: Execution, p: number, refused: boolean, event: number): boolean {
  const { events } = execution
  const { victim } = execution.processes
  const process = events.process[event]
  const kind = execution.kind[p]
  // A death depends on every step of its victim, and the other way round.
  if (kind === KILL && victim[p] === process) return true
  if (events.kind[event] === KILL && victim[process] === p) return true
  const touches = events.touches[event]
  if (kind === PAUSE) return (touches & WRITES) !== 0
  const where = kind === KILL ? victim[p] : p
  const own = touchesOf(execution, p, refused)
  if (own === 0 || touches === 0 || execution.at[where] >> 3 !== events.slot[event]) return false
  const mask = maskOf(execution.at[where], BYTES[execution.cell[where]])
  return (mask & events.mask[event]) !== 0 && depend(own, touches)
}

function touchesOf(execution: Execution, p: number, refused: boolean): number {
  const kind = execution.kind[p]
  if (refused) return READS
  if (kind === WAKE) return QUEUE
  // Whether its victim still sleeps or was woken by this event: the victim's next step says that it went to sleep.
  if (kind === KILL) return execution.kind[execution.processes.victim[p]] === WAKE ? QUEUE : 0
  return TOUCHES[kind]
}

/** Orders a death after all of its victim's steps, any of which it might have prevented; and it prevents the next. */
export function orderDeath(execution: Execution, event: number, victim: number, alive: boolean): void {
  const { events, tree } = execution
  // What a thread chooses belongs to the step before: there is no dying in between.
  let step = events.last[victim]
  while (step >= 0 && events.kind[step] === CHOOSE) step = events.own[step]
  if (step >= 0 && !events.precedes(step, event)) events.races[events.raced++] = step
  if (events.last[victim] >= 0) events.after(event, events.last[victim])
  if (!alive) return
  const next = tree.enabled[event] & (1 << victim)
  tree.todo[event] |= next === 0 ? tree.enabled[event] : next
}
