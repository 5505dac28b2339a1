/**
 * A schedule: the process of each step and the program's choices. It is printed as a replay string.
 *
 *   1:0x3.1.0x2.c1.2x8      version 1; process 0 three steps, 1 one, 0 two; a choice of the program: 1; process 2 eight
 *
 * In the string a process is its index in the order of births in that execution. So a search that begins with this
 * execution gives its processes the same numbers.
 */
import type { ExecutionState } from '../engine/execution-state.ts'
import { ModelError } from '../engine/error.ts'
import { CHOOSE } from '../engine/ops.ts'

/** One entry for each step: a process, or -1 - n for the program's choice n. */
export type Schedule = readonly number[]

/** Returns the schedule of the last execution. */
export function scheduleOf(execution: ExecutionState): Schedule {
  const { events } = execution
  return Array.from({ length: events.length }, (_, e) =>
    events.kind[e] === CHOOSE ? -1 - events.chosen[e] : events.process[e],
  )
}

/** Makes the next execution follow the schedule. */
export function forceSchedule(execution: ExecutionState, schedule: Schedule): void {
  const { tree } = execution
  for (const [depth, entry] of schedule.entries()) {
    if (depth > execution.limit) break
    tree.open(depth, entry < 0 ? 0 : entry, 0, 0)
    tree.chosen[depth] = entry < 0 ? -1 - entry : 0
  }
  tree.prefix = Math.min(schedule.length, execution.limit)
}

export function printSchedule(schedule: Schedule, births: readonly number[]): string {
  const parts: string[] = []
  for (let i = 0; i < schedule.length;) {
    const entry = schedule[i]
    let count = 1
    while (entry >= 0 && schedule[i + count] === entry) count++
    const name = entry < 0 ? `c${-1 - entry}` : String(births.indexOf(entry))
    parts.push(count === 1 ? name : `${name}x${count}`)
    i += count
  }
  return `1:${parts.join('.')}`
}

export function parseSchedule(text: string): Schedule {
  if (!/^1:(?:(?:\d+(?:x\d+)?|c\d+)(?:\.|$))+$/.test(text)) {
    throw new ModelError(
      'replay',
      `A replay string begins with "1:", got "${text}". Copy the whole string from its failure.`,
    )
  }
  return text
    .slice(2)
    .split('.')
    .flatMap(part => {
      if (part.startsWith('c')) return [-1 - Number(part.slice(1))]
      const [process, count = '1'] = part.split('x')
      return new Array<number>(Number(count)).fill(Number(process))
    })
}

/** Returns the number of preemptions: switches away from a process that could have continued. */
export function preemptionsOf(execution: ExecutionState): number {
  const { tree, events } = execution
  let count = 0
  for (let depth = 0; depth < events.length; depth++) {
    const stays = tree.preemptable[depth]
    if (stays >= 0 && stays !== tree.ran[depth]) count++
  }
  return count
}
