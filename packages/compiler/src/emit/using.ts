/**
 * Rewrites `using` declarations.
 *
 *     { using n = m.lock().wait(); body }
 *     { let $u, $d; try { const n = __use$($u = m.lock().wait(), $d = $u?.[Symbol.dispose]); body
 *     } catch ($e) { throw __unwind$($u, $d, $e) } __end$($u, $d) }
 *
 * The native form does not tell the disposer why the block ended, so a lock could not know that it must be poisoned.
 * Here the resource receives the failure. The rewritten form also works on runtimes without `using`.
 *
 * A block with more than one resource, or with `await using`, keeps them in a list:
 *
 *     { const $u = __using$(); try { const a = $u.use(f()), b = $u.use(g()); body
 *     } catch ($e) { $u.fail($e) } finally { $u.end() } }
 *
 * One resource without the list: 34 instead of 45 ns around a lock that takes 32 (sync/mutex.bench.ts). A block that a
 * `return`, a `break`, a `continue` or a `yield` may leave ends with
 *
 *     catch ($e) { $e = __unwind$($u, $d, $e); $d = undefined; throw $e } finally { __end$($u, $d) }
 *
 * If a program runs from its sources, the location of each `using` is passed with its initialiser. So an error about a
 * lock can name the line that acquired the lock: `__use$(..., $p0 ??= __place$("file:///app.ts:3:9"))`, a number from
 * the second evaluation on.
 *
 * The statements of a module cannot be in a `try`: they export, and their functions would no longer be visible outside.
 * So a module's own `using` ends after its last statement. If the module throws before, its locks do not receive the
 * failure: no code is left in that program that could read a poisoned value.
 */
import type { Edits } from '../syntax/edits.ts'
import { Lines } from '../syntax/lines.ts'
import { children, type Node } from '../syntax/syntax.ts'

export interface UsingNames {
  /** Makes the list of a block's resources. */
  using: string
  /** Registers a block's only resource. */
  use: string
  /** Disposes a block's only resource. */
  end: string
  /** Disposes a block's only resource because an error leaves the block. */
  unwind: string
  /** The list, or the only resource. */
  block: string
  /** The only resource's disposer. */
  disposer: string
  error: string
  /** Converts a source location to a number. */
  place: string
  /** The prefix of the variables for these numbers. */
  number: string
}

/** The locations of the `using` declarations of a file, in the format of stacks. */
export class UsingLocations {
  readonly #url: string
  readonly #lines: Lines
  #count = 0

  constructor(url: string, source: string) {
    this.#url = url
    this.#lines = new Lines(source)
  }

  /** Returns the number of the next location, and the variable that keeps it. */
  next(at: number, { place, number }: UsingNames): { readonly value: string; readonly variable: string } {
    const { line, column } = this.#lines.at(at)
    const variable = `${number}${this.#count++}`
    return { value: `${variable} ??= ${place}(${JSON.stringify(`${this.#url}:${line}:${column}`)})`, variable }
  }
}

/** The text around the statements of a block, and around each initialiser. */
interface Form {
  readonly need: 'using' | 'use'
  readonly open: string
  /**
   * Returns the text behind the statements of a block. With `leaves`, control may leave the block early without an
   * error.
   */
  close(leaves: boolean): string
  /** The text behind the last statement of a module. */
  readonly end: string
  /** Returns the texts before and behind an initialiser, with room for its location in between. */
  initializer(waits: boolean): readonly [before: string, after: readonly [string, string]]
}

function oneResource({ use, end, unwind, block, disposer, error }: UsingNames): Form {
  return {
    need: 'use',
    open: `let ${block}, ${disposer};`,
    // Without `finally` if that is equivalent: 24 against 26 ns around a free lock, of which the lock itself takes 19.
    close: leaves =>
      leaves
        ? `catch (${error}) { ${error} = ${unwind}(${block}, ${disposer}, ${error}); ${disposer} = undefined; throw ${error} } ` +
          `finally { ${end}(${block}, ${disposer}) }`
        : `catch (${error}) { throw ${unwind}(${block}, ${disposer}, ${error}) } ${end}(${block}, ${disposer});`,
    end: `${end}(${block}, ${disposer})`,
    initializer: () => [`${use}(${block} = `, [`, ${disposer} = ${block}?.[Symbol.dispose]`, ')']],
  }
}

function listOfResources({ using, block, error }: UsingNames, waits: boolean): Form {
  const end = `${waits ? 'await ' : ''}${block}.${waits ? 'endAsync' : 'end'}()`
  return {
    need: 'using',
    open: `const ${block} = ${using}();`,
    close: () => `catch (${error}) { ${block}.fail(${error}) } finally { ${end} }`,
    end,
    initializer: later => [`${block}.${later ? 'useAsync' : 'use'}(`, ['', ')']],
  }
}

function formOf(declarations: readonly Node[], names: UsingNames): Form {
  const waits = declarations.some(({ kind }) => kind === 'await using')
  const single = declarations.length === 1 && declarations[0].declarations.length === 1
  return single && !waits ? oneResource(names) : listOfResources(names, waits)
}

/** Returns true if control may leave a block early without an error. Functions inside the block do not count. */
function mayLeave(block: Node): boolean {
  let leaves = false
  const look = (node: Node): void => {
    if (/^(?:Return|Break|Continue)Statement$|^YieldExpression$/.test(node.type)) leaves = true
    else if (!leaves && !/Function/.test(node.type)) children(node, look)
  }
  children(block, look)
  return leaves
}

export function rewriteUsing(
  source: string,
  usings: readonly Node[],
  names: UsingNames,
  places: UsingLocations | undefined,
  edits: Edits,
): void {
  const blocks = new Map<Node, Node[]>()
  for (const declaration of usings) {
    const block = declaration.parent!
    blocks.set(block, [...(blocks.get(block) ?? []), declaration])
  }
  for (const [block, declarations] of blocks) {
    const form = formOf(declarations, names)
    const { need, open, end } = form
    const close = ` } ${form.close(mayLeave(block))} `

    if (block.type === 'Program') {
      edits.insert(declarations[0].start, open + ' ', need)
      edits.insert(block.end, `\n;${end}`)
    } else if (block.type === 'ForOfStatement') {
      rewriteLoop(source, block, declarations[0], names, form, close, edits)
      continue
    } else if (block.type === 'ForStatement') {
      edits.insert(block.start, `{ ${open} try { `, need)
      edits.insert(block.end, `${close}}`)
    } else if (!Array.isArray(block.body)) {
      // A `case` may not contain `using`: the runtime reports it.
      continue
    } else {
      // Inside the braces, behind the directives of a function. The brace of a static block is not the node's start.
      const brace = block.type === 'StaticBlock' ? source.indexOf('{', block.start) : block.start
      const directive = block.body.findLast((statement: Node) => statement.directive)
      edits.insert(directive?.end ?? brace + 1, `${directive ? ';' : ''} ${open} try {`, need)
      edits.insert(block.end - 1, close)
    }
    for (const declaration of declarations) rewriteDeclaration(source, declaration, names, form, places, edits)
  }
}

function rewriteDeclaration(
  source: string,
  declaration: Node,
  names: UsingNames,
  form: Form,
  places: UsingLocations | undefined,
  edits: Edits,
): void {
  const waits = declaration.kind === 'await using'
  const word = source.indexOf('using', declaration.start)
  edits.blank(source, declaration.start, word)
  edits.replace(word, word + 5, 'const')
  for (const { init } of declaration.declarations as Node[]) {
    const [before, after] = form.initializer(waits)
    edits.insert(init.start, before)
    // A resource that is disposed asynchronously is not the guard of a lock.
    const place = waits ? undefined : places?.next(init.start, names)
    edits.insert(init.end, after[0])
    if (place !== undefined) edits.insertLocation(init.end, `, ${place.value}`, place.variable)
    edits.insert(init.end, after[1])
  }
}

/** Rewrites `for (using x of xs) body`: each iteration has its own resource. */
function rewriteLoop(
  source: string,
  loop: Node,
  declaration: Node,
  names: UsingNames,
  form: Form,
  close: string,
  edits: Edits,
): void {
  const { id } = declaration.declarations[0]
  const waits = declaration.kind === 'await using'
  const word = source.indexOf('using', declaration.start)
  edits.blank(source, declaration.start, word)
  edits.replace(word, word + 5, 'const')
  const each = `${names.block}$`
  edits.replace(id.start, id.start + id.name.length, each)
  const [before, after] = form.initializer(waits)
  const open = `${form.open} try { const ${id.name} = ${before}${each}${after.join('')};`
  const { body } = loop
  if (body.type === 'BlockStatement') {
    edits.insert(body.start + 1, ` ${open}`, form.need)
    edits.insert(body.end - 1, close)
  } else {
    edits.insert(body.start, `{ ${open} `, form.need)
    edits.insert(body.end, `${close}}`)
  }
}
