/**
 * F1006: a thread uses a variable of a module that is another one in every thread.
 *
 * Of its own file, the compiler says which: those that keep changing. A file that it imports is evaluated again in each
 * thread, so there it is whatever is made or changed at run time. A variable that only the functions change which the
 * thread itself runs is no mistake, but a cache: each thread fills its own.
 */
import { containerOf, happensLater, isChange, unwrap, type Binding } from '@fearless/compiler/analysis'
import { originOf, reachOf, type FileAt, type Piece, type Use } from '../flow/reach.ts'
import { contains, type FileModel } from '../model.ts'
import type { Finding } from '../report/diagnostic.ts'
import { findingOf, refusedAs } from './compiled.ts'
import type { Rule } from './rule.ts'
import { mustBeMoved } from './unmoved.ts'
import { label } from './words.ts'

export const moduleState: Rule = {
  code: 'F1006',
  severity: 'error',
  title: 'module state is read in a thread',
  page: `Each thread has modules of its own. A variable that the module assigns to again, or an object that it changes, would
silently be another one in every thread. So would a lock, an \`Arc\` or a channel of another file, which every thread makes
when it imports that file, also where a function of that file uses it. What only the functions change that the thread itself
runs, a cache for instance, is no mistake.

Refused:

\`\`\`ts
import { thread } from 'fearless'
let level = 0
export function raise(): void {
  level += 1
}
thread.spawn(() => level)
\`\`\`

Way out: take its present value along.

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
import { Arc, AtomicI32, move, thread } from 'fearless'
const level = new Arc(new AtomicI32(0))
export function raise(): void {
  level.fetchAdd(1)
}
thread.spawn(move(() => level.load()))
\`\`\`

Way out: give each thread its own, and say so.

\`\`\`ts
import { thread, threadLocal } from 'fearless'
const level = threadLocal(() => 0)
thread.spawn(() => level.value)
\`\`\`
`,

  *file({ file, fileAt }) {
    for (const refusal of refusedAs('F1006', file)) if (!lacksMove(file, refusal.at.start)) yield findingOf(refusal)
    for (const { site } of file.closures) {
      const { uses, pieces } = reachOf(file, site.argument, fileAt)
      for (const use of uses) {
        const finding = elsewhere(file, use, pieces, fileAt)
        if (finding !== undefined)
          yield { ...finding, once: `${use.home.path} ${use.binding.id.start} ${use.via.start}` }
      }
    }
  },
}

/** What is wrong with a variable of another file. */
function elsewhere(file: FileModel, use: Use, pieces: readonly Piece[], fileAt: FileAt): Finding | undefined {
  const { home, binding, node, via } = use
  const { name } = binding
  const direct = use.file === file
  const read = direct ? undefined : { ...label(node, `\`${name}\` is used here`), file: use.file.path }
  const subject = direct ? `use \`${name}\`` : `use \`${via.name}\`, which uses \`${name}\``
  const at = label(via, 'each thread would silently have its own')
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

/** Functions that make something that is one thing, and not equal to another of its kind. */
const MAKES =
  /^(?:\w+\.channel|after|at|tick|never|vec\.\w+|par\.pool|(?:thread|task)\.spawn|Arc\.(?:clone|newCyclic))$/

/** Does the library make it: a lock, a channel, an \`Arc\`? */
function isMade(home: FileModel, { node, kind }: Binding): boolean {
  if (kind !== 'const' || !node.init) return false
  const init = unwrap(node.init)
  if (init.type !== 'NewExpression' && init.type !== 'CallExpression') return false
  const path = home.pathOf(init.callee)
  return path !== undefined && (init.type === 'NewExpression' || MAKES.test(path))
}

/** Where somebody changes it whom the thread does not run; for what the closure itself names, where anybody does. */
function changeOf(
  file: FileModel,
  { home, binding }: Use,
  pieces: readonly Piece[],
  direct: boolean,
  fileAt: FileAt,
): Piece | undefined {
  const container = binding.node.init ? containerOf(binding.node.init) : undefined
  const own = binding.references
    .filter(reference => (reference.write || isChange(reference, container)) && happensLater(reference.node))
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

/** What merely lacks a `move` is said as that. */
function lacksMove(file: FileModel, start: number): boolean {
  return file.closures.some(
    ({ moved, site, captures }) =>
      !moved &&
      !site.borrows &&
      captures.some(({ node, binding }) => node.start === start && mustBeMoved(file, binding)),
  )
}
