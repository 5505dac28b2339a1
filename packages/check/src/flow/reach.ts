/**
 * Code and module variables of other files that a thread's closure reaches, by calls and by names. Every thread imports
 * a file again, so each thread has its own variable.
 */
import { inRange, memberName, type Binding, type Node } from '@fearless/compiler/analysis'
import { isVariable, type FileInfo } from '../file-info.ts'
import { contains } from '../syntax/functions.ts'

export type FileAt = (path: string) => FileInfo | undefined

/** A use of a module's variable. */
export interface Use {
  readonly home: FileInfo
  readonly binding: Binding
  readonly file: FileInfo
  readonly node: Node
  /** The name in the closure's own file through which the use is reached. */
  readonly via: Node
}

export interface Piece {
  readonly file: FileInfo
  readonly node: Node
}

export interface Reach {
  /** The variables of other files, each with its first use. */
  readonly uses: readonly Use[]
  /** All code that the thread may run. */
  readonly pieces: readonly Piece[]
}

export interface Origin {
  readonly file: FileInfo
  readonly binding: Binding
}

export function reachOf(file: FileInfo, closure: Node, fileAt: FileAt): Reach {
  const uses = new Map<Binding, Use>()
  const pieces: (Piece & { via: Node | undefined })[] = [{ file, node: closure, via: undefined }]
  const seen = new Set<Binding>()
  for (const piece of pieces) {
    for (const { node, binding } of inRange(piece.file.scopes.references, piece.node.start, piece.node.end)) {
      if (binding === undefined || contains(piece.node, binding.scope.node)) continue
      const origin =
        binding.kind === 'import' ? originOf(piece.file, node, binding, fileAt) : { file: piece.file, binding }
      if (origin === undefined) continue
      const via = piece.file === file ? node : piece.via!
      const text = textOf(origin)
      if (text !== undefined) {
        if (seen.has(origin.binding)) continue
        seen.add(origin.binding)
        pieces.push({ file: origin.file, node: text, via })
      } else if (origin.file !== file && isVariable(origin.binding) && !uses.has(origin.binding)) {
        uses.set(origin.binding, { home: origin.file, binding: origin.binding, file: piece.file, node, via })
      }
    }
  }
  return { uses: [...uses.values()], pieces }
}

/** Returns the function or class that a name refers to. */
function textOf({ file, binding }: Origin): Node | undefined {
  if (binding.scope !== file.scopes.module && binding.kind !== 'function') return file.functionOf(binding)
  return binding.kind === 'class' ? binding.node : file.functionOf(binding)
}

/** Resolves an imported name in the file that declares it, through re-exports. */
export function originOf(file: FileInfo, name: Node, binding: Binding, fileAt: FileAt): Origin | undefined {
  const imported = importedName(name, binding)
  return imported === undefined ? undefined : exportOf(file, binding.declaration.source.value, imported, fileAt, 0)
}

function importedName(name: Node, { node }: Binding): string | undefined {
  if (node.type === 'ImportDefaultSpecifier') return 'default'
  if (node.type === 'ImportSpecifier') return nameOf(node.imported)
  const { parent } = name
  return parent?.type === 'MemberExpression' && parent.object === name ? memberName(parent) : undefined
}

function exportOf(from: FileInfo, specifier: string, name: string, fileAt: FileAt, depth: number): Origin | undefined {
  const path = from.resolve(specifier)
  const file = path === undefined || depth > 8 ? undefined : fileAt(path)
  if (file === undefined) return undefined
  const { bindings } = file.scopes.module
  for (const { type, source, specifiers = [], declaration } of file.program.body as Node[]) {
    for (const { exported, local } of type === 'ExportNamedDeclaration' ? specifiers : []) {
      if (nameOf(exported) !== name) continue
      return source ? exportOf(file, source.value, nameOf(local), fileAt, depth + 1) : ownOf(nameOf(local))
    }
    if (type === 'ExportDefaultDeclaration' && name === 'default')
      return ownOf(declaration.type === 'Identifier' ? declaration.name : declaration.id?.name)
  }
  const own = bindings.get(name)
  if (own?.exported) return ownOf(name)
  for (const { type, source, exported } of file.program.body as Node[]) {
    const found =
      type === 'ExportAllDeclaration' && exported === null
        ? exportOf(file, source.value, name, fileAt, depth + 1)
        : undefined
    if (found !== undefined) return found
  }
  return undefined

  function ownOf(local: string | undefined): Origin | undefined {
    const binding = local === undefined ? undefined : bindings.get(local)
    if (binding?.kind !== 'import') return binding && { file: file!, binding }
    const imported = importedName(binding.id, binding)
    return imported === undefined
      ? undefined
      : exportOf(file!, binding.declaration.source.value, imported, fileAt, depth + 1)
  }
}

const nameOf = (node: Node): string => node.name ?? node.value
