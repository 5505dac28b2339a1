/**
 * `using`, written out.
 *
 *     { using n = m.lock().wait(); body }
 *     { let $u, $d; try { const n = __use$($u = m.lock().wait(), $d = $u?.[Symbol.dispose]); body
 *     } catch ($e) { $e = __unwind$($u, $d, $e); $d = undefined; throw $e } finally { $d?.call($u) } }
 *
 * The native form disposes without telling why the block ended, so a lock could not know that it must be
 * poisoned. Here the resource is told; and it works where the runtime has no `using` yet.
 *
 * A block with more than one resource, or with `await using`, keeps them in a list:
 *
 *     { const $u = __using$(); try { const a = $u.use(f()), b = $u.use(g()); body
 *     } catch ($e) { $u.fail($e) } finally { $u.end() } }
 *
 * One resource without the list: 34 instead of 45 ns around a lock that takes 32 (sync/mutex.bench.ts).
 *
 * The statements of a module cannot stand in a `try` (they export, and functions would no longer be seen from
 * outside), so a module's own `using` ends with its last statement. A module that throws before is not told to
 * its locks: a program whose module failed has no one left to read a poisoned value.
 */
import type { Edits } from './edits.ts'
import type { Node } from './syntax.ts'

export interface UsingNames {
  /** Makes the list of a block's resources. */
  using: string
  /** Takes a block's only resource in. */
  use: string
  /** Ends a block's only resource because an error leaves the block. */
  unwind: string
  /** The list, or the only resource. */
  block: string
  /** The only resource's disposer. */
  disposer: string
  error: string
}

/** What stands around the statements of a block, and around each initializer. */
interface Form {
  readonly need: 'using' | 'use'
  readonly open: string
  readonly catches: string
  readonly end: string
  initializer(waits: boolean): readonly [before: string, after: string]
}

function oneResource({ use, unwind, block, disposer, error }: UsingNames): Form {
  return {
    need: 'use',
    open: `let ${block}, ${disposer};`,
    catches: `${error} = ${unwind}(${block}, ${disposer}, ${error}); ${disposer} = undefined; throw ${error}`,
    end: `${disposer}?.call(${block})`,
    initializer: () => [`${use}(${block} = `, `, ${disposer} = ${block}?.[Symbol.dispose])`],
  }
}

function listOfResources({ using, block, error }: UsingNames, waits: boolean): Form {
  return {
    need: 'using',
    open: `const ${block} = ${using}();`,
    catches: `${block}.fail(${error})`,
    end: `${waits ? 'await ' : ''}${block}.${waits ? 'endAsync' : 'end'}()`,
    initializer: later => [`${block}.${later ? 'useAsync' : 'use'}(`, ')'],
  }
}

function formOf(declarations: readonly Node[], names: UsingNames): Form {
  const waits = declarations.some(({ kind }) => kind === 'await using')
  const single = declarations.length === 1 && declarations[0].declarations.length === 1
  return single && !waits ? oneResource(names) : listOfResources(names, waits)
}

export function rewriteUsing(source: string, usings: readonly Node[], names: UsingNames, edits: Edits): void {
  const blocks = new Map<Node, Node[]>()
  for (const declaration of usings) {
    const block = declaration.parent!
    blocks.set(block, [...(blocks.get(block) ?? []), declaration])
  }
  for (const [block, declarations] of blocks) {
    const form = formOf(declarations, names)
    const { need, open, end } = form
    const close = ` } catch (${names.error}) { ${form.catches} } finally { ${end} } `

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
    for (const declaration of declarations) rewriteDeclaration(source, declaration, form, edits)
  }
}

function rewriteDeclaration(source: string, declaration: Node, form: Form, edits: Edits): void {
  const waits = declaration.kind === 'await using'
  const word = source.indexOf('using', declaration.start)
  edits.blank(source, declaration.start, word)
  edits.replace(word, word + 5, 'const')
  for (const { init } of declaration.declarations as Node[]) {
    const [before, after] = form.initializer(waits)
    edits.insert(init.start, before)
    edits.insert(init.end, after)
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
  const open = `${form.open} try { const ${id.name} = ${before}${each}${after};`
  const { body } = loop
  if (body.type === 'BlockStatement') {
    edits.insert(body.start + 1, ` ${open}`, form.need)
    edits.insert(body.end - 1, close)
  } else {
    edits.insert(body.start, `{ ${open} `, form.need)
    edits.insert(body.end, `${close}}`)
  }
}
