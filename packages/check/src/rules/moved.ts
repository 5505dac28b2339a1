/**
 * F0382: a moved value is used.
 *
 * As in Rust, a value that is moved on any path to a use is moved there. One mistake is reported once, at the first
 * use.
 */
import { unwrap, type Binding, type Node } from '@fearless/compiler/analysis'
import { CLASSES, CLONING_CHANNELS, LOCKS } from '../api.ts'
import type { Move } from '../flow/facts.ts'
import { movesOf, movedPartsOf, type State } from '../flow/state.ts'
import { pathFrom, pathText } from '../flow/place.ts'
import type { TypeFacts } from '../host/types.ts'
import type { FileInfo } from '../file-info.ts'
import type { Finding, Help, Label } from '../report/diagnostic.ts'
import type { Rule } from './rule.ts'
import { closureHeadOf, isIn, label, movingAnother, typeText } from './words.ts'

export const moved: Rule = {
  code: 'F0382',
  severity: 'error',
  title: 'use of a moved value',
  page: `A value is moved when a \`move\` closure captures it, when it is passed to \`spawn\`, sent, or put into a lock, an \`Arc\`, a
queue or a map (\`new Mutex(list)\`, \`guard.value = list\`, \`map.set(key, list)\`), and when it is dropped; also by a
function or a method that does so with its parameter. The old name throws at run time, or is empty (a typed array), so it may
not be used again on any path of the program. Numbers, strings and other primitives are copied, and an \`Arc\` gets another
owner, so their names stay usable. So does a constant of the module that never changes: each closure gets a copy of it.

Refused:

\`\`\`ts
import { move, thread } from 'fearless'
export function run(): void {
  const data = [1, 2, 3]
  thread.spawn(move(() => data.length))
  console.log(data)
}
\`\`\`

Way out: share it.

\`\`\`ts
import { Arc, move, thread } from 'fearless'
const data = new Arc([1, 2, 3])
thread.spawn(move(() => data.value.length))
console.log(data.value)
\`\`\`

Way out: move a copy; for a sender, that is \`tx.clone()\`.

\`\`\`ts
import { clone, move, thread } from 'fearless'
const data = [1, 2, 3]
const copy = clone(data)
thread.spawn(move(() => copy.length))
thread.spawn(list => list.length, clone(data))
console.log(data)
\`\`\`
`,

  *step(effect, before, { file, owner }) {
    if (effect.kind === 'move' && effect.move.repeated !== undefined) {
      const { move } = effect
      yield repeated(file, move)
    }
    if (effect.kind !== 'read') return
    const moves = movesOf(before, effect.binding)
    if (moves.length === 0) {
      if (effect.through === undefined) yield* partUsed(file, effect.binding, effect.node, before, owner)
      return
    }
    yield used(file, effect.binding, effect.node, moves, effect.through, owner)
  },
}

function used(
  file: FileInfo,
  binding: Binding,
  use: Node,
  moves: readonly Move[],
  through: Node | undefined,
  owner: Node,
): Finding {
  const { name } = binding
  const again = moves.find(move => move.node === use || (through !== undefined && move.node === through))
  const move = again ?? moves[0]
  const also = again ? takes(file, again, true) : takes(file, move, false)
  const says =
    again !== undefined
      ? `value ${verb(move)} here, in previous iteration of loop`
      : through !== undefined
        ? `\`${nameOf(through)}\` uses \`${name}\` here, after it was ${gone(move)}`
        : `value used here ${after(move)}`
  return {
    once: `${binding.id.start} ${moves.map(each => each.node.start).join()}`,
    message: `use of moved value: \`${name}\``,
    at: label(use, says),
    also: [...also, declaration(file, binding)],
    notes: notes(moves, move, file),
    help: help(file, name, file.factsOf(binding), move, !isLocal(binding, owner)),
  }
}

/** Yields the uses and second moves of a moved field. */
function* partUsed(file: FileInfo, binding: Binding, use: Node, before: State, owner: Node): Generator<Finding> {
  const { path, assigned } = pathFrom(file, use)
  const [part] = movedPartsOf(before, binding, path)
  if (part === undefined || (assigned && part.path === path)) return
  const { node } = pathFrom(file, use, part.path)
  const name = binding.name + pathText(part.path)
  const again = part.node === unwrap(node)
  const facts = file.factsOfPart(part.node)
  yield {
    once: `${binding.id.start} ${part.node.start}`,
    message: `use of moved value: \`${name}\``,
    at: label(
      again ? part.node : node,
      again ? `value ${verb(part)} here, in previous iteration of loop` : `value used here ${after(part)}`,
    ),
    also: [
      again ? undefined : label(part.node, `value ${verb(part)} here`),
      binding.name === 'this'
        ? undefined
        : label(
            binding.id,
            `move occurs because \`${name}\` has type \`${facts?.text() ?? 'unknown'}\`, which is not copied`,
          ),
    ],
    help: help(file, name, facts, part, !isLocal(binding, owner)),
  }
}

const isLocal = (binding: Binding, owner: Node): boolean => owner.type === 'Program' || isIn(binding.id, owner)

/** Returns the finding for a callback that moves a captured variable and is called repeatedly. */
function repeated(file: FileInfo, move: Move): Finding {
  const { name } = move.binding
  return {
    message: `use of moved value: \`${name}\``,
    at: label(move.node, `value ${verb(move)} here, each time the callback runs`),
    also: [label(move.repeated!.callee, 'this calls it more than once'), declaration(file, move.binding)],
    help: help(file, name, file.factsOf(move.binding), move, !isLocal(move.binding, move.taker)),
  }
}

const VERBS: Partial<Record<Move['how'], string>> = {
  drop: 'dropped',
  join: 'joined',
  closure: 'moved into closure',
  send: 'sent away',
}
const verb = ({ how }: { how: Move['how'] }): string => VERBS[how] ?? 'moved'

const gone = ({ how }: { how: Move['how'] }): string => (how === 'drop' || how === 'join' ? VERBS[how]! : 'moved')
const after = (move: { how: Move['how'] }): string => {
  const participle = gone(move)
  return participle === 'moved' ? 'after move' : `after it was ${participle}`
}

function takes(file: FileInfo, move: Move, again: boolean): Label[] {
  switch (move.how) {
    case 'closure':
      if (again) return []
      return [
        label(closureHeadOf(file, move.taker), 'value moved into closure here'),
        label(move.node, 'variable moved due to use in closure'),
      ]
    case 'join':
      return again ? [] : [label(move.node, 'thread joined here, which takes its result')]
    case 'call':
      return again ? [] : [label(move.node, `value moved by calling \`${nameOf(move.through)}\``)]
    default:
      return again ? [] : [label(move.node, `value ${verb(move)} here`)]
  }
}

const nameOf = (callee: Node | undefined): string => callee?.name ?? callee?.property?.name ?? 'this'

function declaration(file: FileInfo, binding: Binding): Label {
  const facts = file.factsOf(binding)
  const says =
    facts?.crossing === 'shared'
      ? `\`${binding.name}\` has type \`${typeText(file, binding)}\`; after the drop this name is unusable`
      : `move occurs because \`${binding.name}\` has type \`${typeText(file, binding)}\`, which is not copied`
  return label(binding.id, says)
}

function notes(moves: readonly Move[], named: Move, file: FileInfo): string[] {
  const others = moves.filter(move => move !== named)
  if (others.length === 0) return []
  const lines = others.map(({ node }) => file.lines.at(node.start).line)
  return [`it may also be gone by line ${[...new Set(lines)].join(', ')}`]
}

function help(
  file: FileInfo,
  name: string,
  facts: TypeFacts | undefined,
  move: { how: Move['how'] },
  outer: boolean,
): Help {
  if (move.how === 'drop') return { text: `drop \`${name}\` after its last use` }
  if (move.how === 'join') return { text: `join it once, and keep the value: \`const value = await ${name}\`` }
  return helpForClass(file, name, facts?.name) ?? helpForData(name, facts, move, outer)
}

/** Returns the repair for a handle of the library. */
function helpForClass(file: FileInfo, name: string, of: string | undefined): Help | undefined {
  const row = of === undefined ? undefined : CLASSES.get(of)
  if (of === undefined || row === undefined || row.crosses !== 'moved' || row.isData) return undefined
  const another = movingAnother(of, name, `const ${cloneName(file, name.replace(/^.*[.\]#]/, ''))} = `)
  if (another !== undefined) return { text: another }
  if (LOCKS.has(of))
    return { text: `share the lock: \`const ${name} = new Arc(new ${of}(...))\`; \`move\` then adds an owner` }
  if (row.handleOf !== undefined) return { text: 'join it here, or move it and join it there' }
  const channel = CLONING_CHANNELS.get(of)
  const several = channel === undefined ? '' : `; for several receivers, use \`${channel}\``
  return { text: `a \`${of}\` has one owner: use it either there or here${several}` }
}

function helpForData(name: string, facts: TypeFacts | undefined, move: { how: Move['how'] }, outer: boolean): Help {
  if (facts?.element()?.name !== undefined)
    return { text: `bind the needed element to a name, so that only it is moved: \`const mine = ${name}[...]\`` }
  const place = move.how === 'closure' ? `const copy = clone(${name})` : `clone(${name})`
  const copy = `give a copy away: \`${place}\`${outer && move.how === 'closure' ? ', made in the function that moves it' : ''}`
  if (/[.[]/.test(name)) return { text: `keep it in an \`Arc\`, read as \`${name}.value\`; or ${copy}` }
  return { text: `share it: \`const ${name} = new Arc(...)\`, read as \`${name}.value\`; or ${copy}` }
}

function cloneName(file: FileInfo, name: string): string {
  for (let at = 2; ; at++) if (!file.text.includes(`${name}${at}`)) return `${name}${at}`
}
