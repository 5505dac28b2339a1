/**
 * A schedule: who made each step, and what the program chose. It fits into a replay string.
 *
 *   1:0x3.1.0x2.c1.2x8      version 1; process 0 three steps, 1 one, 0 two; a choice of the program: 1; process 2 eight
 *
 * In the string a process is its place in the order of births of that execution, so that a search which begins with
 * this execution names its processes just so.
 */
import type { Execution } from '../engine/execution.ts'
import { ModelError } from '../engine/error.ts'
import { CHOOSE } from '../engine/ops.ts'

/** One entry for each step: a process, or -1 - n for the program's choice n. */
export type Schedule = readonly number[]

/** What the execution that ran last did. */
export function scheduleOf(execution: Execution): Schedule {
  const { events } = execution
  return Array.from({ length: events.length }, (_, e) =>
    events.kind[e] === CHOOSE ? -1 - events.chosen[e] : events.process[e],
  )
}

/** Forces the execution that begins next to follow the schedule. */
export function force(execution: Execution, schedule: Schedule): void {
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
    throw new ModelError('replay', `"${text}" is no replay string. Copy it whole from the failure it belongs to.`)
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

/** How often the turn was taken from a thread that could have gone on. */
export function preemptionsOf(execution: Execution): number {
  const { tree, events } = execution
  let count = 0
  for (let depth = 0; depth < events.length; depth++) {
    const stays = tree.stays[depth]
    if (stays >= 0 && stays !== tree.ran[depth]) count++
  }
  return count
}
