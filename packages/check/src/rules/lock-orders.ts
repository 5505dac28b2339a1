/**
 * The orders in which a project acquires its locks, for F1005.
 *
 * Each acquisition of a lock while another lock is held is an edge between the two. A cycle of edges, over all files,
 * is a potential deadlock. Each cycle is reported once, at its last edge in the order of files and offsets.
 */
import type { Effect, Hold } from '../flow/facts.ts'
import { holdsOf, type State } from '../flow/state.ts'
import type { FileInfo } from '../file-info.ts'
import type { Finding, Label } from '../report/diagnostic.ts'

interface Edge {
  readonly file: string
  readonly held: Hold
  readonly taken: Hold
}

interface Cycle {
  readonly last: Edge
  readonly way: readonly Edge[]
}

/** The edges of a project, by file. */
export class LockOrders {
  readonly #edges = new Map<string, Edge[]>()
  #cycles: Cycle[] | undefined

  /** Removes the edges of a file, before it is checked again. */
  start(path: string): void {
    this.#edges.set(path, [])
    this.#cycles = undefined
  }

  see({ path }: FileInfo, effect: Effect, before: State): void {
    if (effect.kind !== 'acquire') return
    const taken = effect.hold
    if (taken.lock === undefined || taken.lock.param !== undefined || taken.tries) return
    for (const held of holdsOf(before)) {
      if (held.lock === undefined || held.lock.param !== undefined || held.lock.id === taken.lock.id) continue
      // `lockAll` sorts its locks.
      if (held.node === taken.node) continue
      if (!(held.reads && taken.reads)) this.#edges.get(path)?.push({ file: path, held, taken })
    }
  }

  /** Yields the cycles whose last edge is in a file. */
  *cyclesAt(path: string): Generator<Finding> {
    for (const { last, way } of (this.#cycles ??= this.#findCycles())) if (last.file === path) yield finding(last, way)
  }

  /** Returns each cycle with its last edge. */
  #findCycles(): Cycle[] {
    const found: Cycle[] = []
    const earlier = new Map<string, Edge[]>()
    const seen = new Set<string>()
    const said = new Set<string>()
    for (const last of inCycles([...this.#edges.values()].flat().sort(byPlace))) {
      const [held, taken] = [last.held.lock!.id, last.taken.lock!.id]
      const way = said.has(`${last.file} ${held} ${taken}`) ? undefined : wayFrom(taken, held, earlier)
      if (way !== undefined) found.push({ last, way })
      if (way !== undefined) said.add(`${last.file} ${held} ${taken}`)
      if (!seen.has(`${held} ${taken}`)) put(earlier, held, last)
      seen.add(`${held} ${taken}`)
    }
    return found
  }
}

/** Returns the edges that may be part of a cycle. */
const inCycles = (edges: readonly Edge[]): Edge[] =>
  notBefore(
    notBefore(
      edges,
      ({ held }) => held,
      ({ taken }) => taken,
    ),
    ({ taken }) => taken,
    ({ held }) => held,
  )

/** Removes the locks without incoming edges, with their outgoing edges, until none is left (Kahn's algorithm). */
function notBefore(edges: readonly Edge[], from: (edge: Edge) => Hold, to: (edge: Edge) => Hold): Edge[] {
  const starting = new Map<string, Edge[]>()
  const leading = new Map<string, number>()
  for (const edge of edges) {
    put(starting, from(edge).lock!.id, edge)
    leading.set(to(edge).lock!.id, (leading.get(to(edge).lock!.id) ?? 0) + 1)
  }
  const gone = new Set([...starting.keys()].filter(lock => !leading.has(lock)))
  for (const lock of gone) {
    for (const edge of starting.get(lock) ?? []) {
      const next = to(edge).lock!.id
      const left = leading.get(next)! - 1
      leading.set(next, left)
      if (left === 0) gone.add(next)
    }
  }
  return edges.filter(edge => !gone.has(from(edge).lock!.id))
}

function put(edges: Map<string, Edge[]>, lock: string, edge: Edge): void {
  const known = edges.get(lock)
  if (known === undefined) edges.set(lock, [edge])
  else known.push(edge)
}

const byPlace = (a: Edge, b: Edge): number =>
  a.file < b.file ? -1 : a.file > b.file ? 1 : a.taken.node.start - b.taken.node.start

/** Returns the shortest path of edges from one lock to another. */
function wayFrom(from: string, to: string, edges: ReadonlyMap<string, readonly Edge[]>): Edge[] | undefined {
  const ways = new Map<string, Edge[]>([[from, []]])
  for (const [lock, way] of ways) {
    if (lock === to) return way
    for (const edge of edges.get(lock) ?? []) {
      const next = edge.taken.lock!.id
      if (!ways.has(next)) ways.set(next, [...way, edge])
    }
  }
  return undefined
}

function finding(last: Edge, way: readonly Edge[]): Finding {
  const [held, taken] = [last.held.lock!.text, last.taken.lock!.text]
  const other = (edge: Edge, hold: Hold, label: string): Label => ({
    start: hold.node.start,
    end: hold.node.end,
    label,
    ...(edge.file !== last.file && { file: edge.file }),
  })
  return {
    message:
      way.length === 1
        ? `the locks \`${held}\` and \`${taken}\` are taken in both orders`
        : `the locks ${[held, taken, ...way.slice(0, -1).map(edge => edge.taken.lock!.text)].map(name => `\`${name}\``).join(', ')} are taken in a cycle`,
    at: {
      start: last.taken.node.start,
      end: last.taken.node.end,
      label: `\`${taken}\` is taken here${through(last.taken)}, while \`${held}\` is held`,
    },
    also: [
      other(last, last.held, `\`${held}\` is taken here`),
      ...way.flatMap(edge => [
        other(edge, edge.held, `elsewhere, \`${edge.held.lock!.text}\` is taken first`),
        other(edge, edge.taken, `and \`${edge.taken.lock!.text}\` while it is held`),
      ]),
    ],
    notes: ['two threads that each hold one lock and wait for the other wait for ever'],
    help: { text: `take them in one order everywhere: \`${[held, taken].sort().join('` before `')}\`` },
  }
}

const through = ({ through }: Hold): string => (through ? ` by \`${through.name}\`` : '')
