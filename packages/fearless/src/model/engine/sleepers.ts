/**
 * Those who sleep on an address: they form a line, first come first. Who sleeps is a set, and when each came is known
 * from the event in which it did, so there is no line to put back where an execution begins like the one before.
 */
import type { Execution } from './execution.ts'
import { NOTIFY, NOT_EQUAL, OK, TIMED_OUT, WAIT_ASYNC, WAKE } from './ops.ts'
import { WATCHER } from './processes.ts'
import { lowest } from '../search/tree.ts'

/** A thread's timeouts beyond this many run out only when nothing else can happen. */
const TIMEOUTS = 3

/** Wakes up to `count` of those who sleep on the address, in the event; returns who they are. */
export function notify(execution: Execution, at: number, count: number, event: number): number {
  const { processes } = execution
  let woken = 0
  for (let n = 0; n < count; n++) {
    let first = -1
    for (let rest = processes.asleep; rest !== 0; rest &= rest - 1) {
      const p = lowest(rest)
      if (execution.at[p] === at && (first < 0 || cameIn(execution, p) < cameIn(execution, first))) first = p
    }
    if (first < 0) break
    woken |= 1 << first
    processes.woken[first] = event
    processes.wake(first)
  }
  return woken
}

/** The event in which a sleeper came into its line. */
function cameIn({ processes, events }: Execution, sleeper: number): number {
  return processes.role[sleeper] === WATCHER ? processes.birth[sleeper] : events.last[sleeper]
}

/** A wait: goes to sleep, or has somebody sleep for it, if the word is as expected. */
export function wait(execution: Execution, process: number, kind: number, at: number, event: number): number {
  const { memory, processes } = execution
  const cell = execution.cell[process]
  if (memory.read(at, cell) !== memory.wrap(cell, execution.a[process])) return NOT_EQUAL
  const ms = execution.b[process] as number
  let sleeper = process
  if (kind === WAIT_ASYNC) {
    sleeper = watcherOf(execution, process)
    processes.add(sleeper, WATCHER, 0, event)
  } else if (ms <= 0) return TIMED_OUT
  execution.kind[sleeper] = WAKE
  processes.sleep(sleeper, ms !== Infinity, processes.timeouts[sleeper] >= TIMEOUTS)
  return OK
}

/** The process that sleeps for the one that does a `waitAsync`. */
export function watcherOf(execution: Execution, process: number): number {
  const { processes, at, cell, a, b } = execution
  const watcher = execution.names.child(process)
  execution.youngest = watcher
  processes.timeouts[watcher] = 0
  processes.time[watcher] = processes.time[process]
  execution.kind[watcher] = WAKE
  at[watcher] = at[process]
  cell[watcher] = cell[process]
  a[watcher] = a[process]
  b[watcher] = b[process]
  return watcher
}

/** The end of a sleep: the process was woken, or its time runs out. */
export function wake(execution: Execution, process: number): number {
  const { processes } = execution
  if (!processes.sleeps(process)) return OK
  processes.wake(process)
  runOut(execution, process)
  return TIMED_OUT
}

/** The time that a sleep with a limit takes has passed. */
export function runOut({ processes, b }: Execution, process: number): void {
  processes.timeouts[process]++
  processes.time[process] += b[process] as number
}

/** Whether somebody sleeps though its word has changed, or though there was a notify before it went to sleep. */
export function overslept(execution: Execution): boolean {
  const { events, memory, processes } = execution
  for (let rest = processes.asleep; rest !== 0; rest &= rest - 1) {
    const p = lowest(rest)
    if (processes.role[p] === WATCHER) continue
    const at = execution.at[p]
    const cell = execution.cell[p]
    if (memory.read(at, cell) !== memory.wrap(cell, execution.a[p])) return true
    for (let e = events.newest(at >> 3); e >= 0; e = events.onSlot[e]) {
      if (events.kind[e] === NOTIFY && events.at[e] === at && e < events.last[p]) return true
    }
  }
  return false
}
