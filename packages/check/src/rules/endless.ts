/**
 * F1004: a loop over a channel whose sender is still here never ends.
 *
 * Said only where it is certain: sender and receiver come from one `channel()` in this function, the sender was given to
 * nobody and dropped on no way to the loop, and nothing leaves the loop from inside.
 */
import { inPiece, outermost, unwrap, type Binding, type Node } from '@fearless/compiler/analysis'
import type { Effects } from '../flow/effects.ts'
import { movesOf, type State } from '../flow/facts.ts'
import { functionAround, type FileModel } from '../model.ts'
import type { Rule } from './rule.ts'
import { importing, isIn, label, statementOf } from './words.ts'

export const endless: Rule = {
  code: 'F1004',
  severity: 'error',
  title: 'a loop that never ends, because a sender is still alive here',
  page: `A loop over a receiver ends when every sender is gone. One that this function still holds keeps the channel open, so the
loop waits for ever for a message that nobody will send.

Refused:

\`\`\`ts
import { move, mpsc, thread } from 'fearless'
const [tx, rx] = mpsc.channel<number>()
for (let i = 0; i < 3; i++) {
  const mine = tx.clone()
  thread.spawn(move(() => mine.send(i)))
}
for await (const value of rx) console.log(value)
\`\`\`

Way out: drop it before the loop.

\`\`\`ts
import { drop, move, mpsc, thread } from 'fearless'
const [tx, rx] = mpsc.channel<number>()
for (let i = 0; i < 3; i++) {
  const mine = tx.clone()
  thread.spawn(move(() => mine.send(i)))
}
drop(tx)
for await (const value of rx) console.log(value)
\`\`\`

Way out: receive as many as you know will come.

\`\`\`ts
import { move, mpsc, thread } from 'fearless'
const [tx, rx] = mpsc.channel<number>()
const mine = tx.clone()
thread.spawn(move(() => mine.send(1)))
console.log(await rx.recv())
\`\`\`
`,

  *step(effect, before, { file, owner, effects }) {
    if (effect.kind !== 'loop') return
    const loop = effect.node
    const receiver = file.bindingOf(loop.right)
    if (receiver === undefined || receiver.writes.length > 0 || leaves(loop.body, false)) return
    for (const sender of sendersOf(file, receiver)) {
      if (!isStillHere(file, sender, before, owner, loop, effects)) continue
      const { name } = sender
      const { indent } = statementOf(file, loop)
      yield {
        message: `this loop never ends: \`${name}\` is still alive here`,
        at: label(loop.right, `waits for the next message as long as \`${name}\` lives`),
        also: [label(sender.id, `\`${name}\` is declared here, and never dropped before the loop`)],
        notes: ['a loop over a receiver ends when all its senders are gone'],
        help: {
          text: `drop it before the loop: \`drop(${name})\``,
          edits: [...importing(file, 'drop'), { start: loop.start, end: loop.start, text: `drop(${name})\n${indent}` }],
          safe: !usedWithin(file, sender, loop.start, Infinity),
        },
      }
    }
  },
}

/** The senders of a receiver's channel: the one it was made with, and that one's clones that have a name. */
function sendersOf(file: FileModel, receiver: Binding): Binding[] {
  const { node } = receiver
  const pattern: Node | undefined = node.type === 'VariableDeclarator' ? node.id : undefined
  if (pattern?.type !== 'ArrayPattern' || pattern.elements[1] !== receiver.id || !node.init) return []
  const init = unwrap(node.init)
  if (init.type !== 'CallExpression' || !/^mp[sm]c\.channel$/.test(file.pathOf(init.callee) ?? '')) return []
  const first = pattern.elements[0] && file.declared(pattern.elements[0])
  if (!first) return []
  const found = [first]
  for (const sender of found) {
    for (const { node: name } of sender.references) {
      const call = outermost(name).parent?.parent
      if (call?.type !== 'CallExpression' || !/^(?:Sync)?Sender\.clone$/.test(file.methodOf(call) ?? '')) continue
      const { parent } = outermost(call)
      const clone = parent?.type === 'VariableDeclarator' ? file.declared(parent.id) : undefined
      if (clone !== undefined && !found.includes(clone)) found.push(clone)
    }
  }
  return found
}

/** Declared in the same function, always reached, moved on no way to here, and never out of sight. */
function isStillHere(
  file: FileModel,
  sender: Binding,
  before: State,
  owner: Node,
  loop: Node,
  effects: Effects,
): boolean {
  if (sender.writes.length > 0 || sender.id.start > loop.start) return false
  if ((functionAround(sender.id) ?? file.program) !== owner) return false
  if (!isVisibleFrom(sender, loop)) return false
  if (movesOf(before, sender).length > 0) return false
  return sender.references.every(({ node }) => node.start > loop.start || isOnlyUsed(file, node, effects))
}

/** A block that ended took its senders out of sight, not out of life; but it may have released them by `using`. */
const isVisibleFrom = (sender: Binding, loop: Node): boolean =>
  sender.scope.node.type === 'Program' || isIn(loop, sender.scope.node)

/** `tx.send(...)`, `tx.clone()`, or a function that does no more with it: it stays where it is. */
function isOnlyUsed(file: FileModel, node: Node, effects: Effects): boolean {
  const outer = outermost(node)
  const { parent } = outer
  if (parent?.type === 'MemberExpression' && parent.object === outer && !parent.computed) {
    const call = outermost(parent).parent
    return call?.type === 'CallExpression' && /^(?:Sync)?Sender\.(?:send|clone)$/.test(file.methodOf(call) ?? '')
  }
  return effects.lends(node)
}

function usedWithin(file: FileModel, binding: Binding, start: number, end: number): boolean {
  return inPiece(file.scopes.references, start, end).some(reference => reference.binding === binding)
}

/** Is there a way out of the loop from inside: `break`, `return`, `throw`, a jump to a label around it, an exit? */
function leaves(node: Node, inner: boolean): boolean {
  switch (node.type) {
    case 'ReturnStatement':
    case 'ThrowStatement':
      return true
    case 'BreakStatement':
    case 'ContinueStatement':
      return node.label !== null || (node.type === 'BreakStatement' && !inner)
    case 'CallExpression':
      if (/exit|abort|close/i.test(nameOf(node.callee))) return true
  }
  if (/Function|^Class/.test(node.type)) return false
  const within = inner || /^(?:For|While|DoWhile|Switch)/.test(node.type)
  return childrenOf(node).some(child => leaves(child, within))
}

const nameOf = (callee: Node): string => callee.property?.name ?? callee.name ?? ''

function childrenOf(node: Node): Node[] {
  const found: Node[] = []
  for (const [key, value] of Object.entries(node)) {
    if (key === 'parent') continue
    for (const child of Array.isArray(value) ? value : [value])
      if (child && typeof child === 'object' && typeof (child as Node).type === 'string') found.push(child as Node)
  }
  return found
}
