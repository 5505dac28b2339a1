/**
 * F1012: a `Wait` that takes a value runs in a race of promises, which cannot cancel the losers.
 *
 * Only direct calls of the library are refused: written in the race itself, in an array that a `const` names, or in the
 * callback of a `map`. A value that a callback of `then` receives is not lost.
 */
import { isFunctionLiteral, memberName, unwrap, type Node } from '@fearless/compiler/analysis'
import { CALLBACK_NAMES, guardOf, METHODS } from '../api.ts'
import { destinationOf } from '../flow/fate.ts'
import type { FileInfo } from '../file-info.ts'
import type { Finding } from '../report/diagnostic.ts'
import type { Rule } from './rule.ts'
import { label } from './words.ts'

/** The text for each kind of taking. A oneshot's message and a timer's moment are of no use to a later receiver. */
const TAKEN = {
  message: 'a message',
  messages: 'messages',
  permits: 'permits',
  room: 'room in the channel',
  outcome: 'the outcome of a task',
}

/** Returns the text for the value that a method's wait takes; undefined if it takes none. */
function textOfTaking(method: string): string | undefined {
  const row = METHODS.get(method)
  if (row?.takes !== undefined) return TAKEN[row.takes]
  return row?.waits && guardOf(row) !== undefined ? 'the lock' : undefined
}

const RACES = new Set(['Promise.race', 'Promise.any'])

interface Taking {
  /** The call that gives the `Wait`. */
  readonly call: Node
  readonly what: string
}

export const raced: Rule = {
  code: 'F1012',
  severity: 'error',
  title: 'a `Wait` that takes a value loses a race of promises, and still takes the value',
  page: `\`Promise.race\` and \`Promise.any\` start every wait in their argument, and cancel none. A \`recv()\` that loses continues
to wait: it takes the next message, and no code receives it. A \`lock()\` that loses takes the lock, and no code releases it.
At run time a \`Wait\` cannot know that its promise has lost. \`select\` completes exactly one of its arms. The same mistake is
a wait whose promise is dropped: \`rx.recv().catch(report)\`.

Refused:

\`\`\`ts
import { mpsc, sleep } from 'fearless'
const [tx, rx] = mpsc.channel<string>()
tx.send('hi')
console.log(await Promise.race([rx.recv(), sleep(100)]))
\`\`\`

Way out: \`select\`, whose losers take nothing.

\`\`\`ts
import { mpsc, select, sleep } from 'fearless'
const [tx, rx] = mpsc.channel<string>()
tx.send('hi')
const first = await select({ message: rx.recv(), late: sleep(100) })
if (first.key === 'message') console.log(first.value)
\`\`\`

Way out: a limit of time, or a signal, of the wait itself.

\`\`\`ts
import { mpsc } from 'fearless'
const [tx, rx] = mpsc.channel<string>()
tx.send('hi')
const controller = new AbortController()
console.log(await rx.recv().within({ ms: 100, signal: controller.signal }))
\`\`\`
`,

  *file({ file }) {
    for (const { node: call } of file.scopes.calls) {
      const race = file.globalPath(call.callee)
      if (race !== undefined && RACES.has(race)) {
        for (const taking of takingIn(file, call.arguments[0])) yield inRace(call, race, taking)
      } else yield* dropped(file, call)
    }
  },
}

/** Yields the waits that take a value in the argument of a race. */
function* takingIn(file: FileInfo, argument: Node | undefined): Iterable<Taking> {
  if (argument === undefined) return
  const list = unwrap(valueOf(file, unwrap(argument)))
  if (list.type === 'ArrayExpression') {
    for (const element of list.elements as (Node | null)[]) {
      if (element === null) continue
      if (element.type === 'SpreadElement') yield* takingIn(file, element.argument)
      else yield* takenBy(file, waitOf(file, unwrap(element)))
    }
  } else if (list.type === 'CallExpression' && nameOfCall(list) === 'map') {
    const callback = list.arguments[0] && unwrap(list.arguments[0])
    if (
      callback !== undefined &&
      isFunctionLiteral(callback) &&
      callback.body.type !== 'BlockStatement' &&
      !callback.async
    )
      yield* takenBy(file, unwrap(callback.body))
  }
}

/**
 * Returns the wait of an element. A name may refer to a `Wait`, which the race starts; a named promise may be awaited
 * later.
 */
function waitOf(file: FileInfo, element: Node): Node {
  const value = valueOf(file, element)
  return value.type === 'CallExpression' && CALLBACK_NAMES.has(nameOfCall(value)) ? element : value
}

const nameOfCall = ({ callee }: Node): string => (callee.type === 'MemberExpression' ? (memberName(callee) ?? '') : '')

/** Returns the initialiser of a constant; another node itself. */
function valueOf(file: FileInfo, node: Node): Node {
  if (node.type !== 'Identifier') return node
  const binding = file.bindingOf(node)
  if (binding?.kind !== 'const' || binding.node.id !== binding.id || !binding.node.init) return node
  return unwrap(binding.node.init)
}

function* takenBy(file: FileInfo, node: Node): Iterable<Taking> {
  const taking = takingOf(file, node)
  if (taking !== undefined) yield taking
}

/** Returns the taking call of a wait, through `within` and through callbacks of `then` that only wrap the value. */
function takingOf(file: FileInfo, node: Node): Taking | undefined {
  if (node.type !== 'CallExpression') return undefined
  if (file.pathOf(node.callee) === 'lockAll') return { call: node, what: 'the locks' }
  const callee = unwrap(node.callee)
  if (callee.type !== 'MemberExpression') return undefined
  const method = file.methodOf(node)
  const what = method && textOfTaking(method)
  if (what !== undefined) return { call: node, what }
  const inner = unwrap(callee.object)
  switch (memberName(callee)) {
    case 'within':
    case 'catch':
      return takingOf(file, inner)
    case 'then':
      return node.arguments.length === 0 || isWrapping(unwrap(node.arguments[0])) ? takingOf(file, inner) : undefined
    default:
      return undefined
  }
}

/** Whether a callback is an arrow function that only returns its value, or a container of it. */
function isWrapping(callback: Node): boolean {
  if (callback.type !== 'ArrowFunctionExpression' || callback.async) return false
  return isPlain(unwrap(callback.body))
}

function isPlain(node: Node): boolean {
  switch (node.type) {
    case 'Identifier':
    case 'Literal':
      return true
    case 'ArrayExpression':
      return (node.elements as (Node | null)[]).every(element => element !== null && isPlain(unwrap(element)))
    case 'ObjectExpression':
      return (node.properties as Node[]).every(({ type, value }) => type === 'Property' && isPlain(unwrap(value)))
    case 'MemberExpression':
      return !node.computed && isPlain(unwrap(node.object))
    default:
      return false
  }
}

function inRace(race: Node, name: string, { call, what }: Taking): Finding {
  return {
    message: `this wait takes ${what} even if it loses the race`,
    at: label(call, `a losing wait continues, and no code receives ${what} that it takes`),
    also: [label(race.callee, `\`${name}\` cancels no wait`)],
    help: {
      text: 'use `select({ a: ..., b: ... })`, which completes exactly one wait, or give the wait itself a limit: `.within({ ms, signal })`',
    },
  }
}

/** Yields a statement whose promise passes the value to no code. */
function* dropped(file: FileInfo, call: Node): Iterable<Finding> {
  const callee = unwrap(call.callee)
  if (callee.type !== 'MemberExpression') return
  const name = memberName(callee)
  if (name !== 'catch' && !(name === 'then' && isNothing(call.arguments[0]))) return
  if (destinationOf(call).kind !== 'dropped') return
  const taking = takingOf(file, unwrap(callee.object))
  // F1010 reports a lost guard.
  if (taking === undefined || !/message|outcome/.test(taking.what)) return
  yield {
    message: `this wait takes ${taking.what}, and no code receives it`,
    at: label(taking.call, `the promise drops ${taking.what}`),
    also: [label(callee.property, 'no code receives the value from here on')],
    help: { text: 'receive the value: `await` it, or give `then` a callback that takes it' },
  }
}

const isNothing = (argument: Node | undefined): boolean =>
  argument === undefined ||
  (argument.type === 'Identifier' && argument.name === 'undefined') ||
  (argument.type === 'Literal' && argument.value === null)
