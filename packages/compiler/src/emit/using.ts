/**
 * `using`, written out.
 *
 *     { using n = m.lock().wait(); body }
 *     { let $u, $d; try { const n = __use$($u = m.lock().wait(), $d = $u?.[Symbol.dispose]); body
 *     } catch ($e) { throw __unwind$($u, $d, $e) } __end$($u, $d) }
 *
 * The native form disposes without telling why the block ended, so a lock could not know that it must be
 * poisoned. Here the resource is told; and it works where the runtime has no `using` yet.
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
 * Where a program runs from its sources, the place of each `using` is left with what it takes, so that an error about a
 * lock can say where it was taken: `__use$(..., $p0 ??= __place$("file:///app.ts:3:9"))`, a number from the second time on.
 *
 * The statements of a module cannot stand in a `try` (they export, and functions would no longer be seen from
 * outside), so a module's own `using` ends with its last statement. A module that throws before is not told to
 * its locks: a program whose module failed has no one left to read a poisoned value.
 */
import type { Edits } from '../syntax/edits.ts'
import { Lines } from '../syntax/lines.ts'
import { children, type Node } from '../syntax/syntax.ts'

export interface UsingNames {
  /** Makes the list of a block's resources. */
  using: string
  /** Takes a block's only resource in. */
  use: string
  /** Ends a block's only resource. */
  end: string
  /** Ends a block's only resource because an error leaves the block. */
  unwind: string
  /** The list, or the only resource. */
  block: string
  /** The only resource's disposer. */
  disposer: string
  error: string
  /** Makes a place a number. */
  place: string
  /** How the variables for those numbers begin. */
  number: string
}

/** The places of a file's `using`, as stacks write them. */
export class Places {
  readonly #url: string
  readonly #lines: Lines
  #count = 0

  constructor(url: string, source: string) {
    this.#url = url
    this.#lines = new Lines(source)
  }

  /** The number of one, and the variable that it is kept in. */
  next(at: number, { place, number }: UsingNames): { readonly value: string; readonly variable: string } {
    const { line, column } = this.#lines.at(at)
    const variable = `${number}${this.#count++}`
    return { value: `${variable} ??= ${place}(${JSON.stringify(`${this.#url}:${line}:${column}`)})`, variable }
  }
}

/** What stands around the statements of a block, and around each initializer. */
interface Form {
  readonly need: 'using' | 'use'
  readonly open: string
  /** Behind the statements of a block; `leaves`: something else than an error may leave it before. */
  close(leaves: boolean): string
  /** Behind the last statement of a module. */
  readonly end: string
  /** What stands before an initializer, and behind it, with room for its place in between. */
  initializer(waits: boolean): readonly [before: string, after: readonly [string, string]]
}

function oneResource({ use, end, unwind, block, disposer, error }: UsingNames): Form {
  return {
    need: 'use',
    open: `let ${block}, ${disposer};`,
    // Without `finally` where that is the same: 24 against 26 ns around a free lock, of which the lock itself takes 19.
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

/** Whether a block may be left before its end otherwise than by an error; a function that is made in it has its own ends. */
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
  places: Places | undefined,
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
      // A `case`, which may not declare one: the runtime says so.
      continue
    } else {
      // Inside the braces: of a function its directives stay in front, of a static block the brace is its own.
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
  places: Places | undefined,
  edits: Edits,
): void {
  const waits = declaration.kind === 'await using'
  const word = source.indexOf('using', declaration.start)
  edits.blank(source, declaration.start, word)
  edits.replace(word, word + 5, 'const')
  for (const { init } of declaration.declarations as Node[]) {
    const [before, after] = form.initializer(waits)
    edits.insert(init.start, before)
    // What disposes later is no lock's guard.
    const place = waits ? undefined : places?.next(init.start, names)
    edits.insert(init.end, after[0])
    if (place !== undefined) edits.insertPlace(init.end, `, ${place.value}`, place.variable)
    edits.insert(init.end, after[1])
  }
}

/** `for (using x of xs) body`: each turn has its own. */
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
