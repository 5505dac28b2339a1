/**
 * Writes into a module at which of its statements its evaluation is, so that what it makes has an identity that all threads
 * share (packages/fearless/src/platform/evaluation.ts).
 *
 *     __site$(1);export const total = new Arc(new Mutex(0))
 *     __site$(2);export const limit = new Semaphore(__site$(2, await __left$(readLimit())))
 *     function __site$(...) {...}
 *     done
 *
 * Only statements that call something are marked: no other can make a thing. Statements in blocks are marked too, so that a
 * branch that one thread takes and another does not takes no identity from what follows. While a module waits for a promise
 * other code runs, so the evaluation is left for that time.
 *
 * The program's entry is evaluated by the main thread alone and needs no identities. There its locks are marked as statics
 * themselves (`__static$`), because a closure may capture them.
 */
import { EVALUATIONS } from 'fearless/evaluation'
import type { Edits } from '../syntax/edits.ts'
import { pathOf } from '../analysis/find.ts'
import type { Binding, Scopes } from '../syntax/scope.ts'
import { children, isFunctionLiteral, unwrap, type Node } from '../syntax/syntax.ts'

export interface EvaluationNames {
  site: string
  left: string
}

/** What several threads can have at a time, by the exports of 'fearless'. */
const SHARED =
  /^(?:Arc|Mutex|RwLock|ReentrantMutex|Condvar|Barrier|Once|OnceLock|LazyLock|Semaphore|ConcurrentMap|ArrayQueue|SegQueue|Atomic\w+)$/

/** `new Mutex(0)` and its kin. */
export function isSharedMade(scopes: Scopes, node: Node): boolean {
  const made = unwrap(node)
  return made.type === 'NewExpression' && SHARED.test(pathOf(scopes, made.callee) ?? '')
}

/** Whether a name is a module's `const` for a lock, an atomic or the like, made right there: Rust's `static`. */
export function isStaticLock(scopes: Scopes, binding: Binding, depth = 0): boolean {
  const { kind, scope, node, id } = binding
  if (kind !== 'const' || scope !== scopes.module || node.id !== id || !node.init) return false
  if (isSharedMade(scopes, node.init)) return true
  const init = unwrap(node.init)
  const alias = init.type === 'Identifier' ? scopes.bindingOf(init) : undefined
  return alias !== undefined && depth < 8 && isStaticLock(scopes, alias, depth + 1)
}

/** Marks the statics of the program's entry. */
export function markStatics(scopes: Scopes, name: string, edits: Edits): boolean {
  let marks = false
  for (const binding of scopes.module.bindings.values()) {
    if (!isStaticLock(scopes, binding) || !isSharedMade(scopes, binding.node.init)) continue
    marks = true
    edits.insert(binding.node.init.start, `${name}(`, 'static')
    edits.insert(binding.node.init.end, ')')
  }
  return marks
}

/** Marks the statements of a module; gives what its end needs. */
export function markEvaluation(
  module: string,
  program: Node,
  scopes: Scopes,
  { site, left }: EvaluationNames,
  edits: Edits,
): string {
  if (!evaluatesAnything(program)) return ''
  let count = 1
  for (const statement of program.body as Node[]) mark(statement)
  const name = JSON.stringify(module)
  return (
    `\nfunction ${site}(at, value, loose) { ${EVALUATIONS}?.at(${name}, at, loose === true); return value }` +
    ` function ${left}(value) { ${EVALUATIONS}?.left(${name}); return value }` +
    `;${EVALUATIONS}?.done(${name})\n`
  )

  function mark(statement: Node): void {
    if (!evaluates(statement)) return
    // A count and not an offset: another tool may have written the text anew for one of the threads.
    const number = count++
    const loose = isLoose(statement)
    edits.insert(statement.start, `${site}(${number}${loose ? ', undefined, true' : ''});`)
    markAwaits(statement, number, loose)
    markBlocks(statement)
  }

  function markBlocks(statement: Node): void {
    for (const part of [
      statement.body,
      statement.consequent,
      statement.alternate,
      statement.block,
      statement.finalizer,
    ]) {
      if (part?.type === 'BlockStatement') part.body.forEach(mark)
      else if (part?.type?.endsWith('Statement')) markBlocks(part)
    }
    if (statement.handler) statement.handler.body.body.forEach(mark)
    if (statement.type === 'SwitchStatement') for (const one of statement.cases) one.consequent.forEach(mark)
  }

  /** What is awaited in the statement itself. */
  function markAwaits(node: Node, at: number, loose: boolean): void {
    children(node, child => {
      if (isElsewhere(child, node) || child.type === 'BlockStatement') return
      if (child.type === 'AwaitExpression') {
        const { argument } = child
        // What `using` takes is wrapped once more, and the next statement says where the evaluation is.
        const inUsing = node.type === 'VariableDeclarator' && node.parent?.kind.endsWith('using')
        if (!inUsing) edits.insert(child.start, `${site}(${at}, `)
        edits.insert(argument.start, `${left}(`)
        markAwaits(child, at, loose)
        edits.insert(argument.end, ')')
        if (!inUsing) edits.insert(child.end, loose ? ', true)' : ')')
        return
      }
      markAwaits(child, at, loose)
    })
  }

  /** A call and nothing else: what it makes is more likely its own than the module's. */
  function isLoose(statement: Node): boolean {
    if (/^(?:VariableDeclaration|Export|ClassDeclaration)/.test(statement.type)) return false
    if (statement.type === 'ExpressionStatement' && unwrap(statement.expression).type === 'AssignmentExpression')
      return false
    return !some(statement, node => isSharedMade(scopes, node))
  }
}

/** Whether evaluating a module calls anything. */
export const evaluatesAnything = (program: Node): boolean => (program.body as Node[]).some(evaluates)

function evaluates(statement: Node): boolean {
  if (/^(?:Import|ExportAll|TS)|^FunctionDeclaration$/.test(statement.type)) return false
  return some(statement, ({ type }) => /^(?:(?:Call|New|TaggedTemplate|Await)Expression|ForOfStatement)$/.test(type))
}

function some(node: Node, test: (node: Node) => boolean): boolean {
  let found = test(node)
  if (!found) children(node, child => (found ||= !isElsewhere(child, node) && some(child, test)))
  return found
}

/** A part that is not evaluated with what it is in: a function, or a field that an instance gets. */
function isElsewhere(child: Node, parent: Node): boolean {
  if (isFunctionLiteral(child) || child.type === 'FunctionDeclaration') return true
  if (child.type.startsWith('TS') && child.expression === undefined) return true
  const isField = /^(?:PropertyDefinition|AccessorProperty)$/.test(parent.type)
  return isField && !parent.static && child === parent.value
}
