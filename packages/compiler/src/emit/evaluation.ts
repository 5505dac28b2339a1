/**
 * Marks the statements of a module, so that objects made during its evaluation have the same identity in all threads
 * (packages/fearless/src/platform/evaluation.ts).
 *
 *     __site$(1);export const total = new Arc(new Mutex(0))
 *     __site$(2);export const limit = new Semaphore(__site$(2, await __left$(readLimit())))
 *     function __site$(...) {...}
 *     done
 *
 * - Only statements that call something are marked, because no other statement can make an object.
 * - Statements in blocks are marked too. So a branch that only one thread takes does not change the identities behind
 *   it.
 * - While a module awaits a promise, other code runs, whose objects are not the module's. So `__left$` suspends the
 *   evaluation until the promise settles.
 *
 * Only the main thread evaluates the program's entry, so its objects need no identities. Its statics are marked
 * themselves instead (`__static$`), because a closure may capture them.
 */
import { EVALUATIONS } from 'fearless/evaluation'
import type { Edits } from '../syntax/edits.ts'
import { isStaticName, makesStatic } from '../analysis/statics.ts'
import type { Scopes } from '../syntax/scope.ts'
import { children, isFunctionLiteral, unwrap, type Node } from '../syntax/syntax.ts'

export interface EvaluationNames {
  site: string
  left: string
}

/** Marks the statics of the program's entry. Returns true if there are any. */
export function markEntryStatics(scopes: Scopes, name: string, edits: Edits): boolean {
  let marks = false
  for (const binding of scopes.module.bindings.values()) {
    if (!isStaticName(scopes, binding) || !makesStatic(scopes, binding.node.init)) continue
    marks = true
    edits.insert(binding.node.init.start, `${name}(`, 'static')
    edits.insert(binding.node.init.end, ')')
  }
  return marks
}

/** Marks the statements of a module. Returns the text to append to it. */
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
    // A count and not an offset, because another tool may have rewritten the text for one of the threads.
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

  /** Marks the awaits of the statement itself. */
  function markAwaits(node: Node, at: number, loose: boolean): void {
    children(node, child => {
      if (isElsewhere(child, node) || child.type === 'BlockStatement') return
      if (child.type === 'AwaitExpression') {
        const { argument } = child
        // The initialiser of a `using` is wrapped again, and the next statement marks the position of the evaluation.
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

  /**
   * Returns true for a statement that is only a call: an object made there more likely belongs to the callee than to
   * the module.
   */
  function isLoose(statement: Node): boolean {
    if (/^(?:VariableDeclaration|Export|ClassDeclaration)/.test(statement.type)) return false
    if (statement.type === 'ExpressionStatement' && unwrap(statement.expression).type === 'AssignmentExpression')
      return false
    return !some(statement, node => makesStatic(scopes, node))
  }
}

/** Returns true if the evaluation of a module calls anything. */
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

/** Returns true if a node is not evaluated together with its parent: a function, or an instance field. */
function isElsewhere(child: Node, parent: Node): boolean {
  if (isFunctionLiteral(child) || child.type === 'FunctionDeclaration') return true
  if (child.type.startsWith('TS') && child.expression === undefined) return true
  const isField = /^(?:PropertyDefinition|AccessorProperty)$/.test(parent.type)
  return isField && !parent.static && child === parent.value
}
