/**
 * F1004: a loop over a receiver never ends, because this function still holds a sender; or a join of such a loop's
 * thread.
 *
 * Reported only if certain: sender and receiver come from one `channel()` in this function, no path to the loop or the
 * join moves or drops the sender, and no jump leaves the loop.
 */
import {
  inRange,
  isFunctionLiteral,
  memberName,
  outermost,
  unwrap,
  type Binding,
  type Node,
} from '@fearless/compiler/analysis'
import type { Effects } from '../flow/effects.ts'
import { movesOf, type State } from '../flow/state.ts'
import { spawnsOf } from '../flow/joins.ts'
import { CLASSES, functionParametersOf, functionsWhere, JOINING_NAMES, methodsWhere, ownerOf } from '../api.ts'
import type { FileInfo } from '../file-info.ts'
import { functionAround } from '../syntax/functions.ts'
import type { Help } from '../report/diagnostic.ts'
import type { FlowContext, Rule } from './rule.ts'
import { importing, isIn, label, statementOf } from './words.ts'

export const endless: Rule = {
  code: 'F1004',
  severity: 'error',
  title: 'a loop that never ends, because a sender is still alive here',
  page: `A loop over a receiver ends when every sender is dropped. A sender that this function still holds keeps the channel open,
so the loop waits for ever for a message that no code will send. If the loop is in a thread, a join of that thread waits for
ever, too, while the joining function still holds a sender.

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

  *step(effect, before, context) {
    const { file } = context
    if (effect.kind === 'loop') {
      const loop = effect.node
      for (const sender of sendersLeft(loop, loop, before, context)) {
        const { name } = sender
        yield {
          message: `this loop never ends: \`${name}\` is still alive here`,
          at: label(loop.right, `waits for the next message as long as \`${name}\` lives`),
          also: [label(sender.id, `\`${name}\` is declared here, and never dropped before the loop`)],
          notes: [NOTE],
          help: dropping(file, sender, loop, 'loop'),
        }
      }
    }
    if (effect.kind !== 'join' || !effect.join.isNeeded) return
    const place = joinPlace(effect.node, effect.join.handle)
    for (const loop of loopsOf(file, effect.join.handle, context.effects)) {
      for (const sender of sendersLeft(loop, effect.node, before, context)) {
        const { name } = sender
        yield {
          message: `this join never ends: \`${name}\` is still alive here`,
          at: label(place, `waits for a loop that continues as long as \`${name}\` lives`),
          also: [
            label(loop.right, 'the loop is here'),
            label(sender.id, `\`${name}\` is declared here, and never dropped before the join`),
          ],
          notes: [NOTE],
          help: dropping(file, sender, effect.node, 'join'),
        }
      }
    }
  },
}

const isSender = (name: string): boolean => CLASSES.get(name)?.keepsOpen === true

/** Functions whose result is a sender and its receiver. */
const CHANNELS = functionsWhere(({ gives }) => typeof gives === 'object' && isSender(gives[0]))
/** Methods that give another sender of the channel. */
const CLONING = methodsWhere(({ gives, handle }) => handle && typeof gives === 'string' && isSender(gives))
/** Methods that a sender outlives. */
const KEEPING = methodsWhere(
  ({ moves, copies, handle }, method) =>
    isSender(ownerOf(method)) && (moves !== undefined || copies !== undefined || handle),
)

const NOTE = 'a loop over a receiver ends when all its senders are dropped'

function dropping(file: FileInfo, sender: Binding, place: Node, what: string): Help {
  const { name } = sender
  const { node, indent } = statementOf(file, place)
  return {
    text: `drop it before the ${what}: \`drop(${name})\``,
    edits: [...importing(file, 'drop'), { start: node.start, end: node.start, text: `drop(${name})\n${indent}` }],
    safe: !usedWithin(file, sender, node.start, Infinity),
  }
}

/** Returns the senders of a loop's channel that are still alive where the loop, or its thread, is waited for. */
function sendersLeft(loop: Node, place: Node, before: State, { file, owner, effects }: FlowContext): Binding[] {
  const receiver = file.bindingOf(loop.right)
  if (receiver === undefined || receiver.writes.length > 0 || leaves(loop.body, false, effects)) return []
  return sendersOf(file, receiver).filter(sender => isStillHere(file, sender, before, owner, place, effects))
}

/** Returns the node to report for a join: `join` of `await handle.join()`, or the handle. */
function joinPlace(node: Node, handle: Node): Node {
  const { parent } = outermost(handle)
  if (parent?.type === 'MemberExpression' && JOINING_NAMES.has(memberName(parent) ?? '')) return parent.property
  return isIn(handle, node) ? handle : node
}

/** Returns the loops that the thread or task of a joined handle certainly reaches. */
function loopsOf(file: FileInfo, handle: Node, effects: Effects): Node[] {
  return spawnsOf(file, handle).flatMap(spawn => {
    const closure = literalOf(file, spawn)
    return closure === undefined ? [] : loopsIn(closure.body, effects)
  })
}

/** Returns the function literal that a call runs: `f` of `spawn(f)`, of `spawn(move(f))` and of `spawnScoped(s, f)`. */
function literalOf(file: FileInfo, call: Node): Node | undefined {
  const row = file.operationOf(call)
  const [at] = row === undefined ? [] : functionParametersOf(row)
  const given: Node | undefined = at === undefined ? undefined : call.arguments[at]
  const value = given && unwrap(given)
  if (value?.type === 'CallExpression' && file.operationOf(value)?.gives === 'closure') return literalOf(file, value)
  return value && isFunctionLiteral(value) ? value : undefined
}

/** Returns the loops that a sequence of statements certainly reaches. */
function loopsIn(node: Node, effects: Effects): Node[] {
  switch (node.type) {
    case 'ForOfStatement':
      return [node]
    case 'BlockStatement': {
      const end = node.body.findIndex((each: Node) => each.type !== 'ForOfStatement' && leaves(each, true, effects))
      return node.body.slice(0, end === -1 ? undefined : end).flatMap((each: Node) => loopsIn(each, effects))
    }
    case 'TryStatement':
      return loopsIn(node.block, effects)
    case 'LabeledStatement':
      return loopsIn(node.body, effects)
    default:
      return []
  }
}

/** Returns the senders of a receiver's channel: the one created with it, and its named clones. */
function sendersOf(file: FileInfo, receiver: Binding): Binding[] {
  const { node } = receiver
  const pattern: Node | undefined = node.type === 'VariableDeclarator' ? node.id : undefined
  if (pattern?.type !== 'ArrayPattern' || pattern.elements[1] !== receiver.id || !node.init) return []
  const init = unwrap(node.init)
  if (init.type !== 'CallExpression' || !CHANNELS.has(file.pathOf(init.callee) ?? '')) return []
  const first = pattern.elements[0] && file.declared(pattern.elements[0])
  if (!first) return []
  const found = [first]
  for (const sender of found) {
    for (const { node: name } of sender.references) {
      const call = outermost(name).parent?.parent
      if (call?.type !== 'CallExpression' || !CLONING.has(file.methodOf(call) ?? '')) continue
      const { parent } = outermost(call)
      const clone = parent?.type === 'VariableDeclarator' ? file.declared(parent.id) : undefined
      if (clone !== undefined && !found.includes(clone)) found.push(clone)
    }
  }
  return found
}

/** Whether a sender is certainly alive: declared in this function, visible, moved on no path, and never passed on. */
function isStillHere(
  file: FileInfo,
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

/** Whether a sender is in scope. At the end of its block a sender stays alive, unless `using` declares it. */
const isVisibleFrom = (sender: Binding, loop: Node): boolean =>
  sender.scope.node.type === 'Program' || isIn(loop, sender.scope.node)

/** Whether a use keeps the sender here: `tx.send(...)`, `tx.clone()`, or a call that only lends it. */
function isOnlyUsed(file: FileInfo, node: Node, effects: Effects): boolean {
  const outer = outermost(node)
  const { parent } = outer
  if (parent?.type === 'MemberExpression' && parent.object === outer && !parent.computed) {
    const call = outermost(parent).parent
    return call?.type === 'CallExpression' && KEEPING.has(file.methodOf(call) ?? '')
  }
  return effects.lends(node)
}

function usedWithin(file: FileInfo, binding: Binding, start: number, end: number): boolean {
  return inRange(file.scopes.references, start, end).some(reference => reference.binding === binding)
}

/** Whether control may leave a loop from inside: `break`, `return`, `throw`, a jump to an outer label, or an exit. */
function leaves(node: Node, inner: boolean, effects: Effects): boolean {
  switch (node.type) {
    case 'ReturnStatement':
    case 'ThrowStatement':
      return true
    case 'BreakStatement':
    case 'ContinueStatement':
      return node.label !== null || (node.type === 'BreakStatement' && !inner)
    case 'CallExpression':
      if (/exit|abort|close/i.test(nameOf(node.callee)) || effects.neverReturns(node)) return true
  }
  if (/Function|^Class/.test(node.type)) return false
  const within = inner || /^(?:For|While|DoWhile|Switch)/.test(node.type)
  return childrenOf(node).some(child => leaves(child, within, effects))
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
