/**
 * Suppressions: `// fearless-allow F1005: reason`, on the line before or at the end of the line itself.
 *
 * A suppression silences its code at its line. An unused one, and one without a reason, is reported, because it would
 * hide the next mistake.
 */
import type { Lines } from '@fearless/compiler/analysis'
import type { Diagnostic } from './report/diagnostic.ts'
import type { Comment } from './syntax/parse.ts'

const CONTENT = /^[ \t]*fearless-allow[ \t]+(F[L]?\d+(?:[ \t]*,[ \t]*F[L]?\d+)*)[ \t]*(?::[ \t]*(\S.*))?$/

export function suppressed(
  file: string,
  comments: readonly Comment[],
  lines: Lines,
  found: readonly Diagnostic[],
): Diagnostic[] {
  let left = [...found]
  const own: Diagnostic[] = []
  for (const { type, value, start, end } of comments) {
    if (type !== 'Line' || !/^[ \t]*fearless-allow\b/.test(value)) continue
    const complain = (message: string, help: string): void =>
      void own.push({
        code: 'F0000',
        severity: 'warning',
        file,
        message,
        at: { start, end, label: '' },
        also: [],
        notes: [],
        help: { text: help },
      })
    const content = CONTENT.exec(value.trimEnd())
    if (content === null || content[2] === undefined) {
      complain('this suppression has no code or no reason', 'write `// fearless-allow F1005: the reason`')
      continue
    }
    const { line } = lines.at(start)
    const before = lines.text(line).slice(0, lines.at(start).column - 1)
    const target = before.trim() === '' ? line + 1 : line
    for (const code of content[1].split(/[ \t]*,[ \t]*/)) {
      const silenced = left.filter(each => each.code === code && lines.at(each.at.start).line === target)
      left = left.filter(each => !silenced.includes(each))
      if (silenced.length === 0)
        complain(
          `this suppression of ${code} silences nothing`,
          `remove it; on line ${target} nothing of that kind is found`,
        )
    }
  }
  return [...left, ...own].sort((a, b) => a.at.start - b.at.start)
}
