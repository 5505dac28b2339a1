/**
 * F0594: a thread closure changes what it captured, or the items it is given, and the change is lost.
 *
 * A `move` closure owns plain data and may change it. One that borrows has a read-only copy, and neither may assign to a
 * variable of the function around it. Changes are followed through names, parts and the functions that are called.
 */
import { isFunctionLiteral, memberName, outermost, unwrap, type Binding, type Node } from '@fearless/compiler/analysis'
import { METHODS, methodsWhere } from '../api.ts'
import { functionNamed, type Callee } from '../flow/callee.ts'
import { paramOf, WRITING, type Write } from '../flow/writes.ts'
import { isVariable, type FileModel, type ThreadClosure } from '../file-info.ts'
import type { Finding, Help } from '../report/diagnostic.ts'
import { findingOf, refusedAs } from './compiled.ts'
import type { FileContext, Rule } from './rule.ts'
import { headOf, label, takerName } from './words.ts'

export const assigned: Rule = {
  code: 'F0594',
  severity: 'error',
  title: 'a thread closure changes its own copy of a variable',
  page: `A closure that runs in another thread has its own copy of the variables it uses. Assigning to one changes only that
copy, and a closure that merely borrows its surroundings sees plain data as a copy too: what it pushes or sets is lost. So is
a change of an item that \`parIter\` lends. It makes no difference whether the change is written in the closure, goes through a
second name (\`const row = grid[y]; row[x] = 1\`), or is made by a function that the closure calls. What a lock gave out (\`m.with(v => v)\`) is a snapshot as soon as the lock is
released: it may be read, and not changed.

Refused:

\`\`\`ts
import { move, thread } from 'fearless'
let count = 0
await thread.spawn(move(() => { count += 1 })).join()
\`\`\`

Way out: return the new value; of many, \`collect\` or \`fold\` puts them together.

\`\`\`ts
import { parIter, thread } from 'fearless'
const grid = await parIter([0, 1, 2]).map(y => [y, y + 1]).collect()
console.log(grid.length)
let count = 0
count += await thread.spawn(() => 1).join()
console.log(count)
\`\`\`

Way out: share it, behind a lock or as an atomic.

\`\`\`ts
import { Arc, AtomicI32, move, thread } from 'fearless'
const count = new Arc(new AtomicI32(0))
await thread.spawn(move(() => count.fetchAdd(1))).join()
\`\`\`
`,

  *file(context) {
    const { file, writes } = context
    for (const refusal of refusedAs('F0594', file)) yield findingOf(refusal)
    for (const closure of file.closures) {
      const target = closure.site.borrows && !closure.moved ? targetOf(context, closure) : undefined
      if (target === undefined) continue
      const items = itemsOf(file, closure)
      for (const [root, write] of writes.of(target).writes) {
        if (root === 'this' || write.home !== target.file) continue
        const index = paramOf(target.fn, root)
        if (index === undefined ? isLent(context, closure, target, root) : items.includes(index))
          yield lost(file, closure, target, root, write)
      }
    }
    for (const { node: call } of file.scopes.calls) {
      const value = GIVING_OUT.has(file.methodOf(call) ?? '') ? waitedFor(call) : undefined
      if (value !== undefined && givesOut(context, call)) yield* changedAfter(file, call, value)
    }
  },
}

/** Methods that may give out what a lock or a map keeps: a snapshot, once the lock is released. */
const GIVING_OUT = methodsWhere(({ snapshot }) => snapshot)

/** The value of a call that is waited for, if it is used. */
function waitedFor(call: Node): Node | undefined {
  let value = outermost(call)
  const { parent } = value
  if (parent?.type === 'AwaitExpression') value = outermost(parent)
  else if (parent?.type === 'MemberExpression' && /^(?:wait|try)$/.test(memberName(parent) ?? ''))
    value = outermost(outermost(parent).parent!)
  else return undefined
  return value.parent?.type === 'ExpressionStatement' ? undefined : value
}

/** Is it the inside of what is kept that the call gives? */
function givesOut({ file, writes }: FileContext, call: Node): boolean {
  if (file.methodOf(call) === 'ConcurrentMap.getOrInsert') return true
  const callback = call.arguments[0] && unwrap(call.arguments[0])
  if (callback === undefined || !isFunctionLiteral(callback) || callback.async) return false
  return [...writes.of({ file, fn: callback }).returns].some(root => root !== 'this' && paramOf(callback, root) === 0)
}

/** Where what a call gave out is changed afterwards, directly or under the name that it got. */
function* changedAfter(file: FileModel, call: Node, value: Node): Generator<Finding> {
  const holder = value.parent?.type === 'VariableDeclarator' ? file.declared(value.parent.id) : undefined
  const places = holder === undefined ? [value] : holder.references.map(({ node }) => node)
  for (const place of places) {
    const change = changeAt(file, place)
    if (change === undefined) continue
    const name = file.text.slice(call.callee.start, call.callee.end)
    yield {
      message: `cannot change what \`${name}\` gave out: the lock is released, and this is a snapshot`,
      at: label(change, 'this throws at run time, and changes nothing of what the lock keeps'),
      also: [label(call, 'it was given out here')],
      help: { text: 'change it while the lock is held: inside of `with` or `update`, or through a guard' },
    }
    return
  }
}

/** The write that begins with an expression: `v.n += 1`, `v.rows.push(1)`. */
function changeAt(file: FileModel, object: Node): Node | undefined {
  let at = outermost(object)
  if (at.parent?.type !== 'MemberExpression' || at.parent.object !== at) return undefined
  while (at.parent?.type === 'MemberExpression' && at.parent.object === at) at = outermost(at.parent)
  const { parent } = at
  switch (parent?.type) {
    case 'AssignmentExpression':
      return parent.left === at ? at : undefined
    case 'UpdateExpression':
      return at
    case 'UnaryExpression':
      return parent.operator === 'delete' ? at : undefined
    case 'CallExpression':
      return parent.callee === at && WRITING.test(file.calleeOf(parent)?.builtIn ?? '') ? at : undefined
    default:
      return undefined
  }
}

/** The function that crosses: the literal, or the one that its name stands for. */
function targetOf({ file, fileAt }: FileContext, { literal, site }: ThreadClosure): Callee | undefined {
  return literal === undefined ? functionNamed(file, site.argument, fileAt) : { file, fn: literal }
}

/** Plain data of the function around the closure, or of its module. */
function isLent({ file }: FileContext, closure: ThreadClosure, target: Callee, binding: Binding): boolean {
  if (target.file !== file || !isVariable(binding) || file.factsOf(binding)?.crossing !== 'moved') return false
  const isCaptured = closure.captures.some(capture => capture.binding === binding)
  return (isCaptured || binding.scope === file.scopes.module) && !isRefused(file, binding)
}

/** Module state that changes is refused as such, where the compiler sees the change. */
const isRefused = (file: FileModel, { references }: Binding): boolean =>
  references.some(({ node }) => file.refusals.some(({ code, at }) => code === 'F1006' && at.start === node.start))

/** The parameters that are items of what `parIter` was given; a `map` on the way makes new ones. */
function itemsOf(file: FileModel, { call }: ThreadClosure): readonly number[] {
  const callee = call && unwrap(call.callee)
  if (callee?.type !== 'MemberExpression') return []
  const items = METHODS.get(`ParIter.${memberName(callee)}`)?.items
  return items && isSource(file, callee.object) ? items : []
}

function isSource(file: FileModel, iterator: Node): boolean {
  let node = unwrap(iterator)
  for (let depth = 0; depth < 100; depth++) {
    const binding = file.bindingOf(node)
    if (binding?.kind === 'const' && binding.node.id === binding.id && binding.node.init) {
      node = unwrap(binding.node.init)
      continue
    }
    if (node.type !== 'CallExpression') return false
    if (file.pathOf(node.callee) === 'parIter') return true
    const callee = unwrap(node.callee)
    if (callee.type !== 'MemberExpression' || METHODS.get(`ParIter.${memberName(callee)}`)?.renews) return false
    node = unwrap(callee.object)
  }
  return false
}

function lost(file: FileModel, closure: ThreadClosure, target: Callee, root: Binding, write: Write): Finding {
  const { name } = root
  const item = paramOf(target.fn, root) !== undefined
  const taker = takerName(file, closure)
  const own = target.file === file
  const inner = write.inner ?? (own ? undefined : { file: target.file, node: write.node, fn: target.fn })
  const at = own ? write.node : closure.site.argument
  const direct = inner === undefined && startsWith(file, write.node, name)
  return {
    message: `cannot change ${item ? `\`${name}\`, which is lent,` : `\`${name}\``} inside a thread closure: only this thread's copy would change`,
    at: label(at, direct ? `\`${name}\` is changed here` : `this changes ${inner ? '' : 'a part of '}\`${name}\``),
    also: [
      inner && { ...label(inner.node, 'the change is here'), file: inner.file.path },
      closure.literal && label(headOf(file, closure.literal), `this closure runs in another thread, by \`${taker}\``),
      own && !item ? label(root.id, `\`${name}\` is declared here`) : undefined,
    ],
    help: item ? itemHelp(target.fn, root) : help(file, closure, name),
  }
}

/** Does a place name a variable itself, and not a second name for it? */
function startsWith(file: FileModel, place: Node, name: string): boolean {
  let at = unwrap(place)
  while (at.type === 'MemberExpression') at = unwrap(at.object)
  return at.type === 'Identifier' && at.name === name && file.text.slice(at.start, at.end) === name
}

function itemHelp(fn: Node, { id, name }: Binding): Help {
  const copy = (fn.params as Node[]).includes(id)
    ? `: \`await parIter(...).map(${name} => ({ ...${name}, ... })).collect()\``
    : ' by `map` and `collect`'
  return { text: `give a changed copy back${copy}` }
}

function help(file: FileModel, { call }: ThreadClosure, name: string): Help {
  const lock = `share it: \`new Mutex(${name})\`, or a \`ConcurrentMap\``
  if (call && file.pathOf(call.callee) === 'par.join')
    return { text: `return what is new: \`const [a, b] = await par.join(() => ..., () => ...)\`; or ${lock}` }
  if (call && memberName(unwrap(call.callee)) === 'spawn')
    return { text: `return what is new, and \`join\` the thread for it; or ${lock}` }
  return { text: `return what is new and \`collect\` it, or \`fold\`; or ${lock}` }
}
