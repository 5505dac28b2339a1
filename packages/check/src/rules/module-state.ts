/**
 * F1006: a thread reads a variable of the module that keeps changing.
 */
import type { FileModel } from '../model.ts'
import { findingOf, refusedAs } from './compiled.ts'
import type { Rule } from './rule.ts'
import { mustBeMoved } from './unmoved.ts'

export const moduleState: Rule = {
  code: 'F1006',
  severity: 'error',
  title: 'module state is read in a thread',
  page: `Each thread has modules of its own. A variable that the module assigns to again, or an object that it changes, would
silently be another one in every thread.

Refused:

\`\`\`ts
import { thread } from 'fearless'
let level = 0
export function raise(): void {
  level += 1
}
thread.spawn(() => level)
\`\`\`

Way out: take its present value along.

\`\`\`ts
import { thread } from 'fearless'
let level = 0
export function raise(): void {
  level += 1
}
thread.spawn(level => level, level)
\`\`\`

Way out: share it.

\`\`\`ts
import { Arc, AtomicI32, move, thread } from 'fearless'
const level = new Arc(new AtomicI32(0))
export function raise(): void {
  level.fetchAdd(1)
}
thread.spawn(move(() => level.load()))
\`\`\`

Way out: give each thread its own, and say so.

\`\`\`ts
import { thread, threadLocal } from 'fearless'
const level = threadLocal(() => 0)
thread.spawn(() => level.value)
\`\`\`
`,

  *file({ file }) {
    for (const refusal of refusedAs('F1006', file)) if (!lacksMove(file, refusal.at.start)) yield findingOf(refusal)
  },
}

/** What merely lacks a `move` is said as that. */
function lacksMove(file: FileModel, start: number): boolean {
  return file.closures.some(
    ({ moved, site, captures }) =>
      !moved &&
      !site.borrows &&
      captures.some(({ node, binding }) => node.start === start && mustBeMoved(file, binding)),
  )
}
