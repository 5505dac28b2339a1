/**
 * The wait queues of simulated addresses, in FIFO order.
 *
 * The sleeping processes are a set, and the event in which each went to sleep gives its position. So there is no queue
 * to restore when an execution branches off.
 */
import type { ExecutionState } from './execution-state.ts'
import { NOTIFY, NOT_EQUAL, OK, TIMED_OUT, WAIT_ASYNC, WAKE } from './ops.ts'
import { WATCHER } from './processes.ts'
import { lowestProcess } from '../search/tree.ts'

/** After this many timeouts of a thread, its further timeouts expire only if no other step is possible. */
const TIMEOUTS = 3

/** Wakes up to `count` processes that sleep on the address. Returns the set of woken processes. */
export function performNotify(execution: ExecutionState, at: number, count: number, event: number): number {
  const { processes } = execution
  let woken = 0
  for (let n = 0; n < count; n++) {
    let first = -1
    for (let rest = processes.asleep; rest !== 0; rest &= rest - 1) {
      const p = lowestProcess(rest)
      if (execution.at[p] === at && (first < 0 || cameIn(execution, p) < cameIn(execution, first))) first = p
    }
    if (first < 0) break
    woken |= 1 << first
    processes.woken[first] = event
    processes.endSleep(first)
  }
  return woken
}

/** Returns the event in which a process registered in its wait queue. */
function cameIn({ processes, events }: ExecutionState, sleeper: number): number {
  return processes.role[sleeper] === WATCHER ? processes.birth[sleeper] : events.last[sleeper]
}

/**
 * Performs a wait: if the word has the expected value, the process goes to sleep, or its watcher does. Returns
 * NOT_EQUAL, TIMED_OUT or OK.
 */
export function performWait(
  execution: ExecutionState,
  process: number,
  kind: number,
  at: number,
  event: number,
): number {
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

/** Returns the watcher: the process that sleeps on behalf of one that calls `waitAsync`. */
export function watcherOf(execution: ExecutionState, process: number): number {
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

/** Ends a sleep. Returns OK if the process was woken, TIMED_OUT if its timeout expires now. */
export function performWake(execution: ExecutionState, process: number): number {
  const { processes } = execution
  if (!processes.isAsleep(process)) return OK
  processes.endSleep(process)
  advanceByTimeout(execution, process)
  return TIMED_OUT
}

/** Advances the virtual time of a process by its timeout. */
export function advanceByTimeout({ processes, b }: ExecutionState, process: number): void {
  processes.timeouts[process]++
  processes.time[process] += b[process] as number
}

/**
 * Returns true if a wake-up was lost: a process sleeps though its word has changed, or a notify came before it slept.
 */
export function hasLostWakeUp(execution: ExecutionState): boolean {
  const { events, memory, processes } = execution
  for (let rest = processes.asleep; rest !== 0; rest &= rest - 1) {
    const p = lowestProcess(rest)
    if (processes.role[p] === WATCHER) continue
    const at = execution.at[p]
    const cell = execution.cell[p]
    if (memory.read(at, cell) !== memory.wrap(cell, execution.a[p])) return true
    for (let e = events.newest(at >> 3); e >= 0; e = events.previousOnSlot[e]) {
      if (events.kind[e] === NOTIFY && events.at[e] === at && e < events.last[p]) return true
    }
  }
  return false
}
