/**
 * F0594: a thread closure modifies a captured variable, or an item of its source, and the modification is lost.
 *
 * A `move` closure owns its data and may modify it. A closure that borrows has a read-only copy. Neither may assign a
 * variable of the enclosing function. Writes are followed through names, parts and called functions.
 */
import { isFunctionLiteral, memberName, outermost, unwrap, type Binding, type Node } from '@fearless/compiler/analysis'
import { functionParametersOf, METHODS } from '../api.ts'
import { functionNamed, type Callee } from '../flow/callee.ts'
import { paramOf, WRITING, type Write } from '../flow/writes.ts'
import { isVariable, type FileInfo, type ThreadClosure } from '../file-info.ts'
import type { Finding, Help } from '../report/diagnostic.ts'
import { findingOf, refusedAs } from './compiled.ts'
import type { FileContext, Rule } from './rule.ts'
import { closureHeadOf, label, takerName } from './words.ts'

export const assigned: Rule = {
  code: 'F0594',
  severity: 'error',
  title: 'a thread closure changes its own copy of a variable',
  page: `A closure that runs in another thread has its own copy of the variables it uses. Assigning to one changes only that
copy. A closure that borrows its surroundings sees plain data as a copy, too, so its changes are lost. So is a change of an item
that \`parIter\` lends. The change may be written in the closure, go through an alias (\`const row = grid[y]; row[x] = 1\`),
or be made by a function that the closure calls. A value that a lock returned (\`m.with(v => v)\`) is a snapshot as soon as
the lock is released: it may be read, and not changed.

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
      const value = file.operationOf(call)?.snapshot === undefined ? undefined : waitedFor(call)
      if (value !== undefined && givesOut(context, call)) yield* changedAfter(file, call, value)
    }
  },
}

/** Returns the expression that waits for a call, if its value is used. */
function waitedFor(call: Node): Node | undefined {
  let value = outermost(call)
  const { parent } = value
  if (parent?.type === 'AwaitExpression') value = outermost(parent)
  else if (parent?.type === 'MemberExpression' && /^(?:wait|try)$/.test(memberName(parent) ?? ''))
    value = outermost(outermost(parent).parent!)
  else return undefined
  return value.parent?.type === 'ExpressionStatement' ? undefined : value
}

/** Whether a call returns the value of its lock or map, or a part of it. */
function givesOut({ file, writes }: FileContext, call: Node): boolean {
  const row = file.operationOf(call)!
  if (row.snapshot === 'always') return true
  const given: Node | undefined = call.arguments[functionParametersOf(row)[0]!]
  const callback = given && unwrap(given)
  if (callback === undefined || !isFunctionLiteral(callback) || callback.async) return false
  return [...writes.of({ file, fn: callback }).returns].some(root => root !== 'this' && paramOf(callback, root) === 0)
}

/** Yields the first modification of a call's result, directly or through the variable that holds it. */
function* changedAfter(file: FileInfo, call: Node, value: Node): Generator<Finding> {
  const holder = value.parent?.type === 'VariableDeclarator' ? file.declared(value.parent.id) : undefined
  const places = holder === undefined ? [value] : holder.references.map(({ node }) => node)
  for (const place of places) {
    const change = changeAt(file, place)
    if (change === undefined) continue
    const name = file.text.slice(call.callee.start, call.callee.end)
    yield {
      message: `cannot change the value that \`${name}\` returned: it is a snapshot, because the lock is released`,
      at: label(change, 'this throws at run time, and does not change the value in the lock'),
      also: [label(call, 'the value was returned here')],
      help: {
        text: file.operationOf(call)?.holds
          ? 'change it while the lock is held: inside of `with` or `update`, or through a guard'
          : 'return the changed value from the function of `update`, which runs while the entry is locked',
      },
    }
    return
  }
}

/** Returns the write through an expression: `v.n += 1`, `v.rows.push(1)`. */
function changeAt(file: FileInfo, object: Node): Node | undefined {
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

/** Returns the function that crosses: the literal, or the function that the name refers to. */
function targetOf({ file, fileAt }: FileContext, { literal, site }: ThreadClosure): Callee | undefined {
  return literal === undefined ? functionNamed(file, site.argument, fileAt) : { file, fn: literal }
}

/** Whether a variable is data of the enclosing function, or of the module. */
function isLent({ file }: FileContext, closure: ThreadClosure, target: Callee, binding: Binding): boolean {
  if (target.file !== file || !isVariable(binding) || file.factsOf(binding)?.crossing !== 'moved') return false
  const isCaptured = closure.captures.some(capture => capture.binding === binding)
  return (isCaptured || binding.scope === file.scopes.module) && !isRefused(file, binding)
}

/** Whether F1006 already refuses a variable, because it is module state that changes. */
const isRefused = (file: FileInfo, { references }: Binding): boolean =>
  references.some(({ node }) => file.refusals.some(({ code, at }) => code === 'F1006' && at.start === node.start))

/** Returns the parameters of a closure that are items of `parIter`'s source. After a `map` the items are new. */
function itemsOf(file: FileInfo, { call }: ThreadClosure): readonly number[] {
  const callee = call && unwrap(call.callee)
  if (callee?.type !== 'MemberExpression') return []
  const items = METHODS.get(`ParIter.${memberName(callee)}`)?.items
  return items && isSource(file, callee.object) ? items : []
}

function isSource(file: FileInfo, iterator: Node): boolean {
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

function lost(file: FileInfo, closure: ThreadClosure, target: Callee, root: Binding, write: Write): Finding {
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
      closure.literal &&
        label(closureHeadOf(file, closure.literal), `this closure runs in another thread, by \`${taker}\``),
      own && !item ? label(root.id, `\`${name}\` is declared here`) : undefined,
    ],
    help: item ? itemHelp(target.fn, root) : help(file, closure, name),
  }
}

/** Whether a place starts with this name itself, and not with an alias. */
function startsWith(file: FileInfo, place: Node, name: string): boolean {
  let at = unwrap(place)
  while (at.type === 'MemberExpression') at = unwrap(at.object)
  return at.type === 'Identifier' && at.name === name && file.text.slice(at.start, at.end) === name
}

function itemHelp(fn: Node, { id, name }: Binding): Help {
  const copy = (fn.params as Node[]).includes(id)
    ? `: \`await parIter(...).map(${name} => ({ ...${name}, ... })).collect()\``
    : ' by `map` and `collect`'
  return { text: `return a changed copy${copy}` }
}

function help(file: FileInfo, { call }: ThreadClosure, name: string): Help {
  const lock = `share it: \`new Mutex(${name})\`, or a \`ConcurrentMap\``
  if (call && file.pathOf(call.callee) === 'par.join')
    return { text: `return the new values: \`const [a, b] = await par.join(() => ..., () => ...)\`; or ${lock}` }
  if (call && file.operationOf(call)?.spawns === 'thread')
    return { text: `return the new value, and \`join\` the thread to receive it; or ${lock}` }
  return { text: `return the new values and \`collect\` them, or \`fold\`; or ${lock}` }
}
