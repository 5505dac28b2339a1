/**
 * `using`, written out.
 *
 *     { using n = m.lock().wait(); body }
 *     { const $u = __using$(); try { const n = $u.use(m.lock().wait()); body
 *     } catch ($e) { $u.fail($e) } finally { $u.end() } }
 *
 * The native form disposes without telling why the block ended, so a lock could not know that it must be
 * poisoned. Here `fail` is told; and it works where the runtime has no `using` yet.
 *
 * The statements of a module cannot stand in a `try` (they export, and functions would no longer be seen from
 * outside), so a module's own `using` ends with its last statement. A module that throws before is not told to
 * its locks: a program whose module failed has no one left to read a poisoned value.
 */
import type { Edits } from './edits.ts'
import type { Node } from './syntax.ts'

export interface UsingNames {
  using: string
  block: string
  error: string
}

export function rewriteUsing(source: string, usings: readonly Node[], names: UsingNames, edits: Edits): void {
  const blocks = new Map<Node, Node[]>()
  for (const declaration of usings) {
    const block = declaration.parent!
    blocks.set(block, [...(blocks.get(block) ?? []), declaration])
  }
  for (const [block, declarations] of blocks) {
    const waits = declarations.some(({ kind }) => kind === 'await using')
    const open = `const ${names.block} = ${names.using}();`
    const end = `${waits ? 'await ' : ''}${names.block}.${waits ? 'endAsync' : 'end'}()`
    const close = ` } catch (${names.error}) { ${names.block}.fail(${names.error}) } finally { ${end} } `

    if (block.type === 'Program') {
      edits.insert(declarations[0].start, open + ' ', 'using')
      edits.insert(block.end, `\n;${end}`)
    } else if (block.type === 'ForOfStatement') {
      rewriteLoop(source, block, declarations[0], names, `${open} try {`, close, edits)
      continue
    } else if (block.type === 'ForStatement') {
      edits.insert(block.start, `{ ${open} try { `, 'using')
      edits.insert(block.end, `${close}}`)
    } else if (!Array.isArray(block.body)) {
      // A `case`, which may not declare one: the runtime says so.
      continue
    } else {
      // Inside the braces: of a function its directives stay in front, of a static block the brace is its own.
      const brace = block.type === 'StaticBlock' ? source.indexOf('{', block.start) : block.start
      const directive = block.body.findLast((statement: Node) => statement.directive)
      edits.insert(directive?.end ?? brace + 1, `${directive ? ';' : ''} ${open} try {`, 'using')
      edits.insert(block.end - 1, close)
    }
    for (const declaration of declarations) rewriteDeclaration(source, declaration, names, edits)
  }
}

function rewriteDeclaration(source: string, declaration: Node, names: UsingNames, edits: Edits): void {
  const waits = declaration.kind === 'await using'
  const word = source.indexOf('using', declaration.start)
  edits.blank(source, declaration.start, word)
  edits.replace(word, word + 5, 'const')
  for (const { init } of declaration.declarations as Node[]) {
    edits.insert(init.start, `${names.block}.${waits ? 'useAsync' : 'use'}(`)
    edits.insert(init.end, ')')
  }
}

/** `for (using x of xs) body`: each turn has its own. */
function rewriteLoop(
  source: string,
  loop: Node,
  declaration: Node,
  names: UsingNames,
  open: string,
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
  const use = ` const ${id.name} = ${names.block}.${waits ? 'useAsync' : 'use'}(${each});`
  const { body } = loop
  if (body.type === 'BlockStatement') {
    edits.insert(body.start + 1, ` ${open}${use}`, 'using')
    edits.insert(body.end - 1, close)
  } else {
    edits.insert(body.start, `{ ${open}${use} `, 'using')
    edits.insert(body.end, `${close}}`)
  }
}
