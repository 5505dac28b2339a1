/**
 * Hovers: the owner of a name's value, and the line since which it is the owner.
 */
import type { Binding, Node } from '@fearless/compiler/analysis'
import type { Effects } from '../flow/effects.ts'
import type { Move } from '../flow/facts.ts'
import { movesOf } from '../flow/state.ts'
import { visitEffects } from '../flow/solve.ts'
import { isVariable, type FileInfo } from '../file-info.ts'

export interface Hover {
  readonly start: number
  readonly end: number
  readonly text: string
}

export function hoverAt(file: FileInfo, effects: Effects, offset: number): Hover | undefined {
  const found = nameAt(file, offset)
  if (found === undefined || !isVariable(found.binding)) return undefined
  const { node, binding } = found
  const facts = file.factsOf(binding)
  if (facts === undefined || (facts.name === undefined && !isGivenAway(file, effects, binding))) return undefined
  const lines = [
    `\`${binding.name}\`: \`${facts.text()}\` ${KINDS[facts.crossing]}`,
    ...movedLines(file, effects, node, binding),
  ]
  return { start: node.start, end: node.start + binding.name.length, text: lines.join('\n\n') }
}

const KINDS = {
  copy: 'is copied: a thread gets one of its own.',
  shared: 'is shared: a `move` closure becomes one more owner.',
  moved: 'has one owner: a `move` closure, `spawn` and `send` take it away.',
  unknown: 'stays on this thread.',
}

function nameAt(file: FileInfo, offset: number): { node: Node; binding: Binding } | undefined {
  for (const { node, binding } of file.scopes.references) {
    if (node.start > offset) break
    if (binding !== undefined && offset <= node.end) return { node, binding }
  }
  for (const [id, binding] of file.declarations()) {
    if (id.start <= offset && offset <= id.start + binding.name.length) return { node: id, binding }
  }
  return undefined
}

/** Returns the lines of the moves that reach a use of a name, or that follow it. */
function movedLines(file: FileInfo, effects: Effects, node: Node, binding: Binding): string[] {
  const gone = new Set<Move>()
  const goes = new Set<Move>()
  eachEffect(file, effects, (effect, before) => {
    if (effect.kind === 'move' && effect.move.binding === binding) goes.add(effect.move)
    if (effect.kind === 'read' && effect.node === node) for (const move of movesOf(before, binding)) gone.add(move)
  })
  const at = (moves: Set<Move>): string =>
    [
      ...new Set(
        [...moves].map(
          move => `${move.how === 'drop' ? 'dropped' : 'moved'} at line ${file.lines.at(move.node.start).line}`,
        ),
      ),
    ].join(', ')
  if (gone.size > 0) return [`It is gone here: ${at(gone)}.`]
  return goes.size > 0 ? [`It is ${at(goes)}.`] : []
}

function isGivenAway(file: FileInfo, effects: Effects, binding: Binding): boolean {
  let given = false
  eachEffect(file, effects, effect => {
    if (effect.kind === 'move' && effect.move.binding === binding) given = true
  })
  return given || file.closures.some(({ captures }) => captures.some(capture => capture.binding === binding))
}

function eachEffect(file: FileInfo, effects: Effects, visit: Parameters<typeof visitEffects>[3]): void {
  for (const owner of file.owners()) visitEffects(file.graphOf(owner), effects.of, effects.startOf(owner), visit)
}
