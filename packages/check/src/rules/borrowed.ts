/**
 * F0505: a value is moved or dropped while it is borrowed.
 */
import type { Borrow, Move, Release } from '../flow/facts.ts'
import { brokenBorrowsOf, movesOf } from '../flow/state.ts'
import type { Node } from '@fearless/compiler/analysis'
import type { FileInfo } from '../file-info.ts'
import type { Finding, Help, Label } from '../report/diagnostic.ts'
import type { Rule } from './rule.ts'
import { closureHeadOf, label, movingAnother } from './words.ts'

export const borrowed: Rule = {
  code: 'F0505',
  severity: 'error',
  title: 'a value is moved or dropped while it is borrowed',
  page: `A closure, an alias or a guard borrows a value. If the value is moved or dropped meanwhile, the borrow refers to a value
that no longer exists, so it may not be used any more.

Refused:

\`\`\`ts
import { drop, mpsc } from 'fearless'
const [tx, rx] = mpsc.channel<string>()
const report = () => tx.send('done')
drop(tx)
report()
for await (const message of rx) console.log(message)
\`\`\`

Way out: use it before the value is moved.

\`\`\`ts
import { drop, mpsc } from 'fearless'
const [tx, rx] = mpsc.channel<string>()
const report = () => tx.send('done')
report()
drop(tx)
for await (const message of rx) console.log(message)
\`\`\`

Way out: move a clone.

\`\`\`ts
import { move, mpsc, thread } from 'fearless'
const [tx, rx] = mpsc.channel<string>()
const report = () => tx.send('done')
const mine = tx.clone()
thread.spawn(move(() => mine.send('hi')))
report()
console.log(await rx.recv())
\`\`\`
`,

  *step(effect, before, { file }) {
    const use =
      effect.kind === 'read'
        ? { binding: effect.binding, node: effect.node }
        : effect.kind === 'release' && effect.release.how === 'scope'
          ? { binding: effect.release.binding, node: endOf(effect.release.node) }
          : undefined
    if (use === undefined || movesOf(before, use.binding).length > 0) return
    for (const { borrow, by } of brokenBorrowsOf(before, use.binding))
      if (isMove(by)) return yield refusal(file, borrow, by, use.node, effect.kind === 'release')
  },
}

const isMove = (by: Move | Release): by is Move => 'taker' in by

function refusal(
  file: FileInfo,
  borrow: Borrow,
  by: Move,
  use: { start: number; end: number },
  implicit: boolean,
): Finding {
  const { name } = borrow.of
  const holder = borrow.holder.name
  const again = by.node.start > use.start
  return {
    message: `cannot ${by.how === 'drop' ? 'drop' : 'move out of'} \`${name}\` because it is borrowed`,
    at: label(by.node, by.how === 'drop' ? `\`${name}\` is dropped here` : `move out of \`${name}\` occurs here`),
    also: [
      borrowing(borrow),
      by.how === 'closure' ? label(closureHeadOf(file, by.taker), 'value moved into closure here') : undefined,
      label(
        use,
        implicit
          ? `borrow might be used here, when \`${holder}\` is released`
          : `borrow later used here${again ? ', in later iteration of loop' : ''}`,
      ),
    ],
    help: help(file, borrow, by),
  }
}

function borrowing({ of, node, why }: Borrow): Label {
  switch (why) {
    case 'closure':
      return label(node, `borrow of \`${of.name}\` occurs here, in a closure`)
    case 'alias':
      return label(node, `borrow of \`${of.name}\` occurs here: this is an alias of it`)
    default:
      return label(node, `borrow of \`${of.name}\` occurs here`)
  }
}

function help(file: FileInfo, { of, holder, node, why }: Borrow, { how }: Move): Help {
  const facts = file.factsOf(of)
  if (why === 'alias' && facts?.isArc)
    return {
      text: `make a second owner: \`Arc.clone(${of.name})\``,
      edits: [{ start: node.start, end: node.end, text: `Arc.clone(${of.name})` }],
      safe: true,
    }
  const another = movingAnother(facts?.name, of.name)
  if (another !== undefined) return { text: another }
  if (why === 'guard') return { text: `release \`${holder.name}\` first: put it in a block of its own` }
  return {
    text: `use \`${holder.name}\` for the last time before \`${of.name}\` ${how === 'drop' ? 'is dropped' : 'is moved'}`,
  }
}

/** Returns the range of a block's closing brace. */
const endOf = ({ end }: Node): { start: number; end: number } => ({ start: end - 1, end })
