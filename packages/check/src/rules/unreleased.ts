/**
 * F1010: a lock is acquired and never released.
 */
import { callAround, isFunctionLiteral, memberName, outermost, unwrap, type Node } from '@fearless/compiler/analysis'
import { guardOf, methodsWhere, SELECTS } from '../api.ts'
import { isDispose } from '../flow/effects.ts'
import type { Hold } from '../flow/facts.ts'
import { holdsOf } from '../flow/state.ts'
import type { FileInfo } from '../file-info.ts'
import { functionAround } from '../syntax/functions.ts'
import type { Finding, Help } from '../report/diagnostic.ts'
import type { Rule } from './rule.ts'
import { isIn, label } from './words.ts'

export const unreleased: Rule = {
  code: 'F1010',
  severity: 'error',
  title: 'a guard that is never released',
  page: `A lock is held until its guard is released, and nothing in JavaScript releases a guard by itself. \`using\` does, at the
end of the block and also when something throws.

Refused:

\`\`\`ts
import { Mutex } from 'fearless'
const total = new Mutex(0)
export function add(): void {
  const guard = total.lock().wait()
  guard.value += 1
}
\`\`\`

Way out: \`using\`.

\`\`\`ts
import { Mutex } from 'fearless'
const total = new Mutex(0)
export function add(): void {
  using guard = total.lock().wait()
  guard.value += 1
}
\`\`\`

Way out: let the lock do it.

\`\`\`ts
import { Mutex } from 'fearless'
const total = new Mutex(0)
export function add(): void {
  total.update(n => n + 1).wait()
}
\`\`\`
`,

  *file({ file }) {
    for (const { node: call } of file.scopes.calls) {
      if (!GUARDING.has(file.methodOf(call) ?? '')) continue
      const loses = callbackThatLoses(file, call) ?? selectThatLoses(file, call)
      if (loses !== undefined) yield lost(call, loses)
    }
  },

  *step(effect, before, { file, owner }) {
    if (effect.kind === 'acquire' && effect.hold.guard === undefined && !effect.hold.momentary)
      yield refusal(effect.hold)
    if (effect.kind !== 'end') return
    for (const hold of holdsOf(before)) {
      const { guard } = hold
      if (hold.momentary || guard === undefined || guard.kind === 'using') continue
      const inside = guard.references.every(({ node }) => (functionAround(node) ?? file.program) === owner)
      if (inside && isIn(guard.id, owner) && !guard.exported) yield refusal(hold)
    }
  },
}

/** Methods whose `Wait` gives a guard. */
const GUARDING = methodsWhere(row => row.waits && guardOf(row) !== undefined)

/** Returns the callback of `m.lock().then(g => ...)`, if it only reads the guard. */
function callbackThatLoses(file: FileInfo, lock: Node): Node | undefined {
  const member = outermost(lock).parent
  const call =
    member?.type === 'MemberExpression' && memberName(member) === 'then' ? outermost(member).parent : undefined
  const callback = call?.type === 'CallExpression' && call.arguments[0] ? unwrap(call.arguments[0]) : undefined
  if (callback === undefined || !isFunctionLiteral(callback)) return undefined
  const [param] = callback.params
  return param === undefined || isMerelyRead(file, param) ? callback : undefined
}

/** Returns the call `select({ a: m.lock() })`, if the program keeps only a part of the guard. */
function selectThatLoses(file: FileInfo, lock: Node): Node | undefined {
  const arm = outermost(lock).parent
  const call = arm?.type === 'Property' && arm.parent?.type === 'ObjectExpression' ? callAround(arm.parent) : undefined
  if (call === undefined || !SELECTS.has(file.pathOf(call.callee) ?? '')) return undefined
  let outer = outermost(call)
  if (outer.parent?.type === 'AwaitExpression') outer = outermost(outer.parent)
  else if (outer.parent?.type === 'MemberExpression' && /^(?:wait|try)$/.test(memberName(outer.parent) ?? ''))
    outer = outermost(outermost(outer.parent).parent!)
  else return undefined
  const { parent } = outer
  if (parent?.type === 'ExpressionStatement') return call
  if (parent?.type !== 'VariableDeclarator' || parent.init !== outer) return undefined
  if (parent.id.type === 'ObjectPattern') {
    const value = parent.id.properties.find(({ key }: Node) => key === undefined || (key.name ?? key.value) === 'value')
    if (value === undefined) return call
    return value.type === 'Property' && isMerelyRead(file, value.value) ? call : undefined
  }
  return isMerelyRead(file, parent.id, 'value') ? call : undefined
}

/**
 * Whether the program only reads parts of a name, or of a field of it, and so never releases the guard or passes it on.
 */
function isMerelyRead(file: FileInfo, id: Node, field?: string): boolean {
  if (id.type === 'ObjectPattern') return field === undefined
  const binding = id.type === 'Identifier' ? file.declared(id) : undefined
  if (binding === undefined || binding.kind === 'using' || binding.exported) return false
  return binding.references.every(({ node }) => {
    let member = outermost(node).parent
    if (member?.type !== 'MemberExpression' || member.object !== outermost(node)) return false
    if (field !== undefined) {
      if (memberName(member) !== field) return !member.computed
      const part = outermost(member)
      member = part.parent
      if (member?.type !== 'MemberExpression' || member.object !== part) return false
    }
    const { parent } = outermost(member)
    const isCall = parent?.type === 'CallExpression' && parent.callee === outermost(member)
    return !(isCall && (isDispose(parent) || /^(?:downgrade|upgrade)/.test(memberName(member) ?? '')))
  })
}

function lost(lock: Node, by: Node): Finding {
  const isCallback = isFunctionLiteral(by)
  return {
    message: 'this guard is never released: only a part of it is kept',
    at: label(lock, 'the lock stays taken'),
    also: [
      label(isCallback ? (by.params[0] ?? by) : by.callee, isCallback ? 'this gets the guard' : 'this gives the guard'),
    ],
    help: {
      text: isCallback
        ? 'use `update` or `with`, which release by themselves; or `drop` the guard in the function'
        : 'release it: `using guard = selected.value`, or `drop(selected.value)`',
    },
  }
}

function refusal({ guard, node, lock }: Hold): Finding {
  const name = guard?.name
  return {
    message: name ? `the guard \`${name}\` is never released` : 'this guard is never released: it has no name',
    at: label(guard?.id ?? node, name ? 'still held when the function ends' : 'the lock stays taken'),
    also: guard ? [label(node, `the lock${lock ? ` \`${lock.text}\`` : ''} is taken here`)] : [],
    help:
      guard?.node.id?.type === 'ArrayPattern' ? oneOfSeveral(guard.name) : help(guard?.declaration, name, guard?.node),
  }
}

const oneOfSeveral = (name: string): Help => ({
  text: `release it: \`drop(${name})\`; or keep all under one name that releases them: \`using guards = await lockAll(...)\``,
})

function help(declaration: Node | undefined, name: string | undefined, declarator: Node | undefined): Help {
  if (name === undefined)
    return {
      text: 'give it a name that releases it: `using guard = ...`; or use `update` or `with`, which release by themselves',
    }
  const text = `release it at the end of the block: \`using ${name} = ...\``
  if (declaration?.type !== 'VariableDeclaration' || declaration.declarations.length !== 1 || declarator?.init == null)
    return { text }
  const { start } = declaration
  const edits = [{ start, end: start + String(declaration.kind).length, text: 'using' }]
  return { text, edits, safe: declaration.kind === 'const' }
}
