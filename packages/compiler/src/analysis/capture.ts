/**
 * Capture analysis: the bindings that a closure refers to, and how each of them reaches the thread.
 *
 *   imports   imported again by the closure's module
 *   lib       module-level declarations, copied once per file and thread: classes keep their identity
 *   copies    functions of its surroundings, copied with the closure, because they use captures themselves
 *   captures  values, sent at the spawn
 *
 * A module-level function that reaches a value sent at the spawn is a copy, not part of lib: each spawn sends its own
 * values, and two closures in one thread must not see each other's.
 *
 * A slice of the sorted references is read once per closure and once per declaration that the closure reaches. The
 * needs of lib are computed once for the whole file.
 */
import type { Refusal } from '../diagnostics/errors.ts'
import { receivingCallOf, type Site } from './find.ts'
import { isPageOnly, isTestedIn } from './page-globals.ts'
import { codeRunByClassOf, type Purity } from './purity.ts'
import { registrationsOf } from './registered.ts'
import { isStaticName } from './statics.ts'
import { inRange, lookup, type Binding, type Reference, type Scopes } from '../syntax/scope.ts'
import { isFunctionLiteral, unwrap, type Node } from '../syntax/syntax.ts'
import * as refuse from '../diagnostics/refusals.ts'

export interface ClosureNeeds {
  site: Site
  imports: Set<Binding>
  lib: Set<Binding>
  copies: Set<Binding>
  captures: Binding[]
  /** The captures that are statics: plain data of the module, of which each thread gets a copy. */
  copied: Set<Binding>
  /** The captures of a closure without `move`, which it only borrows. */
  borrowed: (refuse.Borrowed & { binding: Binding })[]
}

export interface Library {
  members: Set<Binding>
  imports: Set<Binding>
  /** Statements that register classes. */
  registrations: readonly Node[]
}

/** A text to read; `root` is the reference in the closure itself that leads to it. */
interface Waiting {
  node: Node
  root: Reference | undefined
}

export class Captures {
  readonly library: Library
  readonly refusals: Refusal[] = []
  readonly #scopes: Scopes
  readonly #purity: Purity
  readonly #source: string
  readonly #reported = new Set<Node>()
  #tainted: Set<Binding> | undefined

  constructor(scopes: Scopes, purity: Purity, source: string) {
    this.#scopes = scopes
    this.#purity = purity
    this.#source = source
    const { statements, ...reached } = registrationsOf(scopes, purity, binding => this.#isTainted(binding))
    this.library = { ...reached, registrations: statements }
  }

  needsOf(site: Site): ClosureNeeds {
    const needs: ClosureNeeds = {
      site,
      imports: new Set(),
      lib: new Set(),
      copies: new Set(),
      captures: [],
      copied: new Set(),
      borrowed: [],
    }
    // The bindings of all names that the closure's module must provide; null for a global.
    const names = new Map<string, Binding | null>()
    const pieces: Waiting[] = [{ node: site.argument, root: undefined }]
    this.#checkLiteral(site)

    for (let piece = pieces.pop(); piece !== undefined; piece = pieces.pop()) {
      const { node } = piece
      this.#checkText(node, site)
      for (const reference of inRange(this.#scopes.references, node.start, node.end)) {
        const { binding } = reference
        if (binding !== undefined && isWithin(binding.scope.node, node)) continue
        const root = piece.root ?? reference
        const { name } = reference.node
        const known = names.get(name)
        if (known !== undefined && known !== (binding ?? null)) {
          this.#refuse(reference.node, refuse.ambiguousName(reference.node, known?.id))
          continue
        }
        names.set(name, binding ?? null)
        if (binding === undefined) continue
        if (reference.write) this.#checkWrite(reference, binding, piece.root === undefined)
        else if (known === undefined) this.#provide(needs, binding, reference, root, pieces)
      }
    }
    needs.captures.sort((a, b) => a.id.start - b.id.start)
    if (needs.borrowed.length > 0) {
      const closure = unwrap(site.argument)
      this.#refuse(closure, refuse.borrowed(closure, refuse.headOf(this.#source, closure), needs.borrowed))
    }
    return needs
  }

  #provide(needs: ClosureNeeds, binding: Binding, reference: Reference, root: Reference, pieces: Waiting[]): void {
    const copy = (): void => {
      if (!this.#mayCopy(binding, reference)) return
      needs.copies.add(binding)
      for (const node of [binding.node, ...binding.more]) pieces.push({ node, root })
    }
    if (binding.scope !== this.#scopes.module)
      return isLocalFunction(binding) ? copy() : this.#capture(needs, binding, reference, root)
    if (binding.kind === 'import') return void needs.imports.add(binding)
    if (binding.kind === 'namespace') return this.#refuse(reference.node, refuse.namespace(reference.node, binding.id))
    const way = this.#purity.transferOf(binding)
    if (way.way === 'moving') return this.#refuseMoving(reference, way)
    if (way.way === 'value') {
      if (way.mutated !== undefined && !needs.site.borrows && !needs.site.moved) {
        return this.#refuse(reference.node, refuse.mutated(reference.node, way.mutated, true))
      }
      return this.#capture(needs, binding, reference, root)
    }
    if (this.#isTainted(binding)) return copy()
    needs.lib.add(binding)
    this.#addToLibrary(binding, reference, needs.site)
  }

  #capture(needs: ClosureNeeds, binding: Binding, reference: Reference, root: Reference): void {
    const { site } = needs
    if (lookup(site.scope, binding.name) !== binding) {
      return this.#refuse(root.node, refuse.ambiguousName(root.node, lookup(site.scope, binding.name)?.id))
    }
    needs.captures.push(binding)
    if (!site.borrows && this.#purity.isStatic(binding, site)) needs.copied.add(binding)
    if (site.borrows || site.moved || isStaticName(this.#scopes, binding)) return
    needs.borrowed.push({ name: binding.name, use: reference.node, declaration: binding.id, binding })
  }

  #addToLibrary(first: Binding, from: Reference, site: Site): void {
    const { members, imports } = this.library
    const waiting: [Binding, Reference][] = [[first, from]]
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [binding, reference] = next
      if (members.has(binding)) continue
      members.add(binding)
      if (!this.#mayCopy(binding, reference)) continue
      for (const node of [binding.node, ...binding.more]) {
        this.#checkText(node, site, true)
        for (const inner of inRange(this.#scopes.references, node.start, node.end)) {
          const target = inner.binding
          if (target === undefined || target === binding || target.scope !== this.#scopes.module) continue
          if (target.kind === 'import') imports.add(target)
          else if (target.kind === 'namespace') this.#refuse(inner.node, refuse.namespace(inner.node, target.id))
          else {
            const way = this.#purity.transferOf(target)
            if (way.way === 'moving') this.#refuseMoving(inner, way)
            else waiting.push([target, inner])
          }
        }
      }
    }
  }

  /**
   * Returns true if the binding's text reaches a value that is sent at the spawn. Computed once, backwards from those
   * values.
   */
  #isTainted(binding: Binding): boolean {
    this.#tainted ??= this.#findTainted()
    return this.#tainted.has(binding)
  }

  #findTainted(): Set<Binding> {
    const declared = [...this.#scopes.module.bindings.values()].filter(
      ({ kind }) => kind !== 'import' && kind !== 'namespace',
    )
    const pieces = declared
      .flatMap(binding => [binding.node, ...binding.more].map(node => ({ node, binding })))
      .sort((a, b) => a.node.start - b.node.start)
    const tainted = new Set<Binding>()
    const waiting = declared.filter(binding => this.#purity.transferOf(binding).way === 'value')
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      for (const { node } of next.references) {
        // Two names of one pattern share a declarator, so all pieces with the same start are checked.
        let at = lastStartingBefore(pieces, node.start)
        const start = pieces[at]?.node.start
        for (; at >= 0 && pieces[at].node.start === start; at--) {
          const { binding, node: piece } = pieces[at]
          if (node.end > piece.end || tainted.has(binding) || this.#purity.transferOf(binding).way !== 'copy') continue
          tainted.add(binding)
          waiting.push(binding)
        }
      }
    }
    return tainted
  }

  #mayCopy(binding: Binding, reference: Reference): boolean {
    if (binding.extended) {
      this.#refuse(reference.node, refuse.namespace(reference.node, binding.id))
      return false
    }
    const code = codeRunByClassOf(binding, this.#purity)
    if (code !== undefined) this.#refuse(reference.node, refuse.runningClass(reference.node, code))
    return code === undefined
  }

  #checkWrite(reference: Reference, binding: Binding, direct: boolean): void {
    if (binding.scope === this.#scopes.module && !direct) {
      this.#refuseMoving(reference, { at: binding.writes[0].node, by: 'assignment' })
    } else this.#refuse(reference.node, refuse.assignment(reference.node, binding.id))
  }

  #refuseMoving({ node, binding }: Reference, { at, by }: { at: Node; by: 'assignment' | 'mutation' }): void {
    this.#refuse(node, by === 'assignment' ? refuse.reassigned(node, at) : refuse.mutated(node, at, false), binding?.id)
  }

  #checkLiteral(site: Site): void {
    const value = unwrap(site.argument)
    const binding = value.type === 'Identifier' ? this.#scopes.bindingOf(value) : undefined
    const fn = isFunctionLiteral(value) ? value : binding?.node.init ? unwrap(binding.node.init) : binding?.node
    if (fn?.generator) this.#refuse(site.argument, refuse.generator(value))
  }

  /** Refuses constructs that a copied text must not contain. */
  #checkText(node: Node, site: Site, inLibrary = false): void {
    for (const { word, node: place, owner } of inRange(this.#scopes.specials, node.start, node.end)) {
      if (owner === undefined || !isWithin(owner, node))
        this.#refuse(place, refuse.enclosingFunctionWord(place, word, !inLibrary))
    }
    const references = inRange(this.#scopes.references, node.start, node.end)
    for (const { node: name, binding } of references) {
      if (binding !== undefined) continue
      if (name.name === 'eval' && name.parent?.type === 'CallExpression' && name.parent.callee === name) {
        this.#refuse(name, refuse.directEval(name))
      } else if (isPageOnly(name.name) && !isTestedIn(references, name.name)) {
        this.#refuse(name, refuse.pageOnly(name, receivingCallOf(site)?.callee, isWithin(name, site.argument)))
      }
    }
  }

  /** Refuses once, because many closures may reach the same text. */
  #refuse(place: Node, refusal: Refusal, key: Node = place): void {
    if (this.#reported.has(key)) return
    this.#reported.add(key)
    this.refusals.push(refusal)
  }
}

function isLocalFunction(binding: Binding): boolean {
  if (binding.writes.length > 0) return false
  if (binding.kind === 'function' || binding.kind === 'class' || binding.kind === 'enum') return true
  return (
    binding.node.type === 'VariableDeclarator' &&
    binding.node.id === binding.id &&
    binding.node.init &&
    isFunctionLiteral(unwrap(binding.node.init))
  )
}

const isWithin = (inner: Node, outer: Node): boolean => outer.start <= inner.start && inner.end <= outer.end

function lastStartingBefore(pieces: readonly { node: Node }[], offset: number): number {
  let low = 0
  let high = pieces.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (pieces[middle].node.start <= offset) low = middle + 1
    else high = middle
  }
  return low - 1
}
