/**
 * F1006: a thread uses a variable of an imported module, and every thread has a variable of its own there.
 *
 * In the closure's own file, @fearless/compiler refuses the variables that change. An imported file is evaluated again
 * in each thread, so there the rule refuses state that is created or modified at run time. State that only the thread's
 * own functions modify is accepted as a cache, which each thread fills for itself.
 */
import {
  containerOf,
  runsLater,
  inRange,
  isChange,
  makesStatic,
  memberName,
  outermost,
  unwrap,
  type Binding,
  type Node,
} from '@fearless/compiler/analysis'
import { UNIQUE_MAKERS } from '../api.ts'
import { originOf, reachOf, type FileAt, type Origin, type Piece, type Use } from '../flow/reach.ts'
import type { FileInfo, ThreadClosure } from '../file-info.ts'
import { contains } from '../syntax/functions.ts'
import type { Finding } from '../report/diagnostic.ts'
import { findingOf, refusedAs } from './compiled.ts'
import type { FileContext, Rule } from './rule.ts'
import { mustBeMoved } from './unmoved.ts'
import { label } from './words.ts'

export const moduleState: Rule = {
  code: 'F1006',
  severity: 'error',
  title: 'module state is read in a thread',
  page: `Each thread has modules of its own. A variable that the module assigns again, or an object that it changes, would
silently be another one in every thread, also if a function, a method or a static of another file changes it. So would the
ends of a channel that another file creates, and \`globalThis\`. A lock, an atomic or an \`Arc\` that a module creates is one
object in all threads. State that only the thread itself changes and reads, a cache for instance, is accepted.

Refused:

\`\`\`ts
import { thread } from 'fearless'
let level = 0
export function raise(): void {
  level += 1
}
thread.spawn(() => level)
\`\`\`

Way out: pass its present value.

\`\`\`ts
import { thread } from 'fearless'
let level = 0
export function raise(): void {
  level += 1
}
thread.spawn(level => level, level)
\`\`\`

Way out: share it.

\`\`\`ts
import { AtomicI32, thread } from 'fearless'
const level = new AtomicI32(0)
export function raise(): void {
  level.fetchAdd(1)
}
thread.spawn(() => level.load())
\`\`\`

Way out: give each thread its own by \`threadLocal\`.

\`\`\`ts
import { thread, threadLocal } from 'fearless'
const level = threadLocal(() => 0)
thread.spawn(() => level.value)
\`\`\`
`,

  *file(context) {
    const { file, fileAt } = context
    for (const refusal of refusedAs('F1006', file)) if (!lacksMove(file, refusal.at.start)) yield findingOf(refusal)
    for (const closure of file.closures) {
      const { uses, pieces } = reachOf(file, closure.site.argument, fileAt)
      for (const use of uses) {
        const finding = elsewhere(file, use, pieces, fileAt)
        if (finding !== undefined)
          yield { ...finding, once: `${use.home.path} ${use.binding.id.start} ${use.via.start}` }
      }
      yield* lostIn(context, closure, pieces)
    }
  },
}

/**
 * Yields the state of another file that the thread modifies, also by methods and through statics, and that other
 * threads read: they do not see the modification.
 */
function* lostIn(
  { file, fileAt, writes }: FileContext,
  { literal }: ThreadClosure,
  pieces: readonly Piece[],
): Generator<Finding> {
  if (literal === undefined) return
  const global = globalThisIn(file, literal)
  if (global !== undefined) yield changedGlobal(file, global)
  const names = new Set(namesOf(pieces))
  for (const [root, { home, node, inner }] of writes.of({ file, fn: literal }).writes) {
    if (root === 'this') continue
    const named = root.references[0]
    const origin =
      root.kind === 'import' ? named && originOf(home, named.node, root, fileAt) : { file: home, binding: root }
    if (
      origin === undefined ||
      (origin.file === file && root.kind !== 'class') ||
      origin.binding.scope !== origin.file.scopes.module
    )
      continue
    const read = readElsewhere(file, origin, pieces, names, fileAt)
    if (read === undefined) continue
    const { name } = origin.binding
    yield {
      message: `a thread cannot change \`${name}\`: each thread has its own, and the change is lost`,
      at: label(node, 'each thread would silently have its own copy'),
      also: [
        inner && { ...label(inner.node, `\`${name}\` is changed here`), file: inner.file.path },
        { ...label(read.node, `\`${name}\` is read here, where no thread runs`), file: read.file.path },
      ],
      help: {
        text: `return the change and apply it there; or share it: \`new Arc(new Mutex(...))\`, an atomic, a \`ConcurrentMap\``,
      },
      once: `${origin.file.path} ${origin.binding.id.start} ${node.start}`,
    }
  }
}

/** Yields the names of the methods that the thread's code calls. */
function* namesOf(pieces: readonly Piece[]): Generator<string> {
  for (const { file, node } of pieces)
    for (const { node: name } of inRange(file.scopes.references, node.start, node.end)) {
      const method = methodOn(outermost(name))
      if (method !== undefined) yield method
    }
}

/** Returns the method called on an object: `put` of `cache.put(...)`. */
function methodOn(object: Node): string | undefined {
  const member = object.parent
  if (member?.type !== 'MemberExpression' || member.object !== object) return undefined
  const { parent } = outermost(member)
  return parent?.type === 'CallExpression' && parent.callee === outermost(member) ? memberName(member) : undefined
}

/** Returns a read of the state outside of the thread's code, other than by a method that the thread calls too. */
function readElsewhere(
  file: FileInfo,
  origin: Origin,
  pieces: readonly Piece[],
  names: ReadonlySet<string>,
  fileAt: FileAt,
): Piece | undefined {
  const { binding } = origin
  const isInside = ({ file, node }: Piece): boolean =>
    pieces.some(piece => piece.file === file && contains(piece.node, node)) ||
    file.closures.some(({ literal }) => literal !== undefined && contains(literal, node)) ||
    (file === origin.file && binding.kind === 'class' && contains(binding.node, node))
  const container = binding.node.init ? containerOf(binding.node.init) : undefined
  const own = binding.references
    .filter(reference => reference.write || !isChange(reference, container))
    .map(({ node }) => ({ file: origin.file, node }))
  const here = file.scopes.references
    .filter(
      each => each.binding?.kind === 'import' && originOf(file, each.node, each.binding, fileAt)?.binding === binding,
    )
    .map(({ node }) => ({ file, node }))
  return [...own, ...here].find(place => !isInside(place) && isRead(place.node, names))
}

function isRead(name: Node, names: ReadonlySet<string>): boolean {
  let at = outermost(name)
  if (/^Export|^TS|ClassDeclaration/.test(at.parent?.type ?? '')) return false
  while (at.parent?.type === 'MemberExpression' && at.parent.object === at) {
    if (names.has(methodOn(at) ?? '')) return false
    at = outermost(at.parent)
  }
  const { parent } = at
  if (parent?.type === 'AssignmentExpression' && parent.left === at)
    return outermost(parent).parent?.type !== 'ExpressionStatement'
  if (parent?.type === 'UpdateExpression') return outermost(parent).parent?.type !== 'ExpressionStatement'
  if (parent?.type === 'CallExpression' && parent.callee === at)
    return outermost(parent).parent?.type !== 'ExpressionStatement'
  return parent?.type !== 'NewExpression'
}

/** Returns an assignment to a global in a closure: `globalThis.hits = 1`. */
function globalThisIn(file: FileInfo, closure: Node): Node | undefined {
  for (const { node, binding } of inRange(file.scopes.references, closure.start, closure.end)) {
    if (binding !== undefined || !/^(?:globalThis|self|window|global)$/.test(node.name)) continue
    let at = outermost(node)
    if (at.parent?.type !== 'MemberExpression' || at.parent.object !== at) continue
    while (at.parent?.type === 'MemberExpression' && at.parent.object === at) at = outermost(at.parent)
    const { parent } = at
    if ((parent?.type === 'AssignmentExpression' && parent.left === at) || parent?.type === 'UpdateExpression')
      return at
  }
  return undefined
}

const changedGlobal = (file: FileInfo, node: Node): Finding => ({
  message: 'a thread cannot change `globalThis` for others: each thread has its own',
  at: label(node, `\`${file.text.slice(node.start, node.end)}\` is set in this thread only`),
  help: {
    text: 'share it: `new Arc(new Mutex(...))`; or give each thread its own, and say so: `threadLocal(() => ...)`',
  },
})

/** Returns the finding for a variable of another file. */
function elsewhere(file: FileInfo, use: Use, pieces: readonly Piece[], fileAt: FileAt): Finding | undefined {
  const { home, binding, node, via } = use
  const { name } = binding
  const direct = use.file === file
  const read = direct ? undefined : { ...label(node, `\`${name}\` is used here`), file: use.file.path }
  const subject = direct ? `use \`${name}\`` : `use \`${via.name}\`, which uses \`${name}\``
  const at = label(via, 'each thread would silently have its own copy')
  if (isMade(home, binding)) {
    return {
      message: `a thread cannot ${subject}: its module makes it, once in every thread`,
      at,
      also: [read, { ...label(binding.id, 'it is made here'), file: home.path }],
      help: { text: passing(name, direct) },
    }
  }
  const change = changeOf(file, use, pieces, direct, fileAt)
  if (change === undefined) return undefined
  const assigned = binding.writes.some(({ node: place }) => place === change.node)
  return {
    message: `a thread cannot ${subject}: a module ${assigned ? 'variable that is assigned to again' : 'object that is changed'}`,
    at,
    also: [
      read,
      { ...label(change.node, `it is ${assigned ? 'assigned to' : 'changed'} here`), file: change.file.path },
    ],
    help: {
      text: `${passing(name, direct)}; or share it: \`new Arc(new Mutex(...))\`; or give each thread its own: \`threadLocal(() => ...)\``,
    },
  }
}

const passing = (name: string, direct: boolean): string =>
  direct
    ? `pass it to the thread: \`thread.spawn(${name} => ..., ${name})\``
    : `give the function \`${name}\` as a parameter, and pass it to the thread`

/**
 * Whether each thread creates its own object for a variable: the ends of a channel, a timer. A lock or an `Arc` is a
 * static.
 */
function isMade(home: FileInfo, { node, kind }: Binding): boolean {
  if (kind !== 'const' || !node.init || makesStatic(home.scopes, node.init)) return false
  const init = unwrap(node.init)
  if (init.type !== 'NewExpression' && init.type !== 'CallExpression') return false
  const path = home.pathOf(init.callee)
  return path !== undefined && (init.type === 'NewExpression' || UNIQUE_MAKERS.has(path))
}

/** Returns a modification by code that the thread does not run; of a variable that the closure names, by any code. */
function changeOf(
  file: FileInfo,
  { home, binding }: Use,
  pieces: readonly Piece[],
  direct: boolean,
  fileAt: FileAt,
): Piece | undefined {
  const container = binding.node.init ? containerOf(binding.node.init) : undefined
  const own = binding.references
    .filter(reference => (reference.write || isChange(reference, container)) && runsLater(reference.node))
    .map(({ node }) => ({ file: home, node }))
  const here = file.scopes.references
    .filter(
      reference =>
        reference.binding?.kind === 'import' &&
        isChange(reference, container) &&
        originOf(file, reference.node, reference.binding, fileAt)?.binding === binding,
    )
    .map(({ node }) => ({ file, node }))
  const changes = [...own, ...here]
  const inside = (change: Piece): boolean =>
    pieces.some(piece => piece.file === change.file && contains(piece.node, change.node))
  return direct ? changes[0] : changes.some(inside) ? undefined : changes[0]
}

/** Whether F0373 reports the use as a missing `move`. */
function lacksMove(file: FileInfo, start: number): boolean {
  return file.closures.some(
    ({ moved, site, captures }) =>
      !moved &&
      !site.borrows &&
      captures.some(({ node, binding }) => node.start === start && mustBeMoved(file, binding)),
  )
}
