/**
 * The control flow of a graph: basic blocks, their edges, and the frames that a jump leaves (loops, `try`, `using`).
 *
 * - Leaving a `using` block releases. Leaving a `try` runs its `finally`.
 * - The exits of a frame stay apart: a frame has one copy of its `finally` for each target, shared by all jumps to it.
 *   Nested copies would grow exponentially, so a deeply nested `finally` has one copy, from which all exits continue.
 * - A call or an `await` may throw: its block has an exceptional edge to the handler, taken before the call has an
 *   effect. So a failed `send` moves nothing, and a failed `lock` holds nothing.
 */
import type { Binding, Node } from '@fearless/compiler/analysis'
import type { Block, Event } from './graph.ts'

interface Loop {
  readonly kind: 'loop'
  readonly labels: readonly string[]
  readonly out: Block
  readonly next: Block
}

interface Label {
  readonly kind: 'label'
  readonly labels: readonly string[]
  readonly out: Block
  readonly breakable: boolean
}

interface Catch {
  readonly kind: 'catch'
  readonly caught: Block
}

interface Using {
  readonly kind: 'using'
  readonly node: Node
  readonly bindings: readonly Binding[]
}

interface Finally {
  readonly kind: 'finally'
  readonly body: Node
}

/** A frame and the frames around it. */
interface Place {
  readonly frame: Loop | Label | Catch | Using | Finally
  readonly outer: Place | undefined
  /** The innermost frame, including this one, that an exception thrown inside reaches. */
  catcher: Place | undefined
  /** The block at which an exception enters this frame. */
  caught: Block | undefined
  /** The entry of its exit code, by the target of the jump. */
  readonly exits: Map<Block, Block>
  /** The largest number of these. Further exits share one copy. */
  readonly limit: number
  shared: Shared | undefined
}

/** One copy of a `finally` that several exits share. */
interface Shared {
  readonly entry: Block
  readonly targets: Map<Block, Place | undefined>
  throws: boolean
}

/** The number of exits of a `try` that have their own copy of its `finally`, by the number of copies around it. */
const EXITS_APART = [8, 4]

export class Control {
  readonly blocks: Block[] = []
  /** The reachable blocks. */
  readonly #reached = new Set<Block>()
  readonly #run: (statements: Node) => void
  #place: Place | undefined
  /** The nesting depth of the copies of `finally` being built. */
  #copies = 0
  /** The block that receives the next event; undefined in unreachable code. */
  now: Block | undefined

  /** `run` builds the statements of a `finally` into the current block. */
  constructor(run: (statements: Node) => void) {
    this.#run = run
  }

  block(): Block {
    const block: Block = { index: this.blocks.length, events: [], to: [] }
    this.blocks.push(block)
    return block
  }

  emit(event: Event): void {
    this.now?.events.push(event)
  }

  /** Adds an edge from the current block to `block`, if the current block is reachable. */
  flow(block: Block): void {
    if (this.now === undefined) return
    this.now.to.push(block)
    this.#reached.add(block)
  }

  stop(block: Block | undefined): void {
    if (block !== undefined) this.flow(block)
    this.now = undefined
  }

  follow(): Block {
    const block = this.block()
    this.flow(block)
    return block
  }

  /** Continues in `block`, if it is reachable. */
  resume(block: Block): void {
    this.now = this.isReached(block) ? block : undefined
  }

  isReached(block: Block): boolean {
    return this.#reached.has(block)
  }

  /** Builds code that may be skipped, if `optional`. */
  optional(optional: boolean, build: () => void): void {
    if (!optional || this.now === undefined) return build()
    const after = this.block()
    this.flow(after)
    this.now = this.follow()
    build()
    this.flow(after)
    this.now = after
  }

  mayThrow(): void {
    if (this.now === undefined) return
    const handler = this.handler()
    if (handler === undefined) return
    this.flow(handler)
    this.now = this.follow()
  }

  // Frames.

  within(frame: Loop | Label | Catch | Using, build: () => void): void {
    const { outer } = this.#enter(frame)
    build()
    this.#place = outer
  }

  /** Builds a `try` whose `finally` is `body`. `build` builds the `try` block and its `catch`. */
  finally(body: Node, build: () => void): void {
    const place = this.#enter({ kind: 'finally', body })
    build()
    this.#place = place.outer
    const apart = place.limit > 0
    const ends = this.now !== undefined
    if (ends && apart) this.#finalize(body)
    else if (ends) this.flow(sharedOf(place, this).entry)
    if (place.shared === undefined) return
    const after = this.now
    this.now = place.shared.entry
    this.#finalize(body)
    if (this.now !== undefined) {
      if (place.shared.throws) this.#throw()
      for (const [target, last] of place.shared.targets) this.flow(this.#exit(place.outer, last, target))
    }
    if (!ends) this.now = undefined
    else if (apart) this.now = after
  }

  #enter(frame: Place['frame']): Place {
    const outer = this.#place
    const place: Place = {
      frame,
      outer,
      catcher: outer?.catcher,
      caught: frame.kind === 'catch' ? frame.caught : undefined,
      exits: new Map(),
      limit: EXITS_APART[this.#copies] ?? 0,
      shared: undefined,
    }
    // A release on an exit that leaves the function has no successor that could observe it.
    if (frame.kind === 'catch' || frame.kind === 'finally' || (frame.kind === 'using' && place.catcher !== undefined))
      place.catcher = place
    this.#place = place
    return place
  }

  loop(labels: readonly string[], out: Block, next: Block, body: () => void): void {
    if (this.now !== undefined) this.now = this.follow()
    this.within({ kind: 'loop', labels, out, next }, body)
  }

  labelled(labels: readonly string[], build: () => void): void {
    if (labels.length === 0) return build()
    const out = this.block()
    this.within({ kind: 'label', labels, out, breakable: false }, build)
    this.flow(out)
    this.resume(out)
  }

  jump(label: string | undefined, kind: 'break' | 'continue'): void {
    for (let at = this.#place; at !== undefined; at = at.outer) {
      const { frame } = at
      if (frame.kind !== 'loop' && frame.kind !== 'label') continue
      const meant =
        label !== undefined
          ? frame.labels.includes(label)
          : frame.kind === 'loop' || (kind === 'break' && frame.breakable)
      if (meant) return this.#leave(at, kind === 'continue' && frame.kind === 'loop' ? frame.next : frame.out)
    }
    this.now = undefined
  }

  /** Builds a `return`, which leaves all frames. */
  return(end: Block): void {
    this.#leave(undefined, end)
  }

  #leave(last: Place | undefined, target: Block): void {
    if (this.now !== undefined) this.stop(this.#exit(this.#place, last, target))
  }

  /** Builds the exit from one frame out to another, and then to `target`, with the exit code of each frame between. */
  #exit(from: Place | undefined, last: Place | undefined, target: Block): Block {
    let place = from
    while (place !== last && place!.frame.kind !== 'using' && place!.frame.kind !== 'finally') place = place!.outer
    if (place === last || place === undefined) return target
    const known = place.exits.get(target)
    if (known !== undefined) return known
    if (place.frame.kind === 'finally' && place.exits.size >= place.limit) {
      const shared = sharedOf(place, this)
      shared.targets.set(target, last)
      return shared.entry
    }
    const { outer } = place
    return this.#passing(place, entry => {
      place.exits.set(target, entry)
      return () => this.#exit(outer, last, target)
    })
  }

  /** Returns the block that handles an exception thrown here; undefined if the exception leaves the function. */
  handler(): Block | undefined {
    const place = this.#place?.catcher
    if (place === undefined || place.caught !== undefined) return place?.caught
    if (place.frame.kind === 'finally' && place.limit === 0) {
      const shared = sharedOf(place, this)
      shared.throws = true
      return (place.caught = shared.entry)
    }
    return this.#passing(place, entry => {
      place.caught = entry
      return () => this.handler()
    })
  }

  /** Builds the exit code of a frame once, and continues after it. */
  #passing(place: Place, start: (entry: Block) => () => Block | undefined): Block {
    const entry = this.block()
    const goesOn = start(entry)
    const { now } = this
    const inner = this.#place
    this.#place = place.outer
    this.now = entry
    if (place.frame.kind === 'finally') this.#finalize(place.frame.body)
    if (place.frame.kind === 'using')
      for (const binding of place.frame.bindings.toReversed())
        this.emit({ kind: 'release', node: place.frame.node, binding })
    if (this.now !== undefined) this.stop(goesOn())
    this.#place = inner
    this.now = now
    return entry
  }

  #finalize(body: Node): void {
    this.#copies++
    this.#run(body)
    this.#copies--
  }

  #throw(): void {
    const handler = this.handler()
    if (handler !== undefined) this.flow(handler)
  }
}

const sharedOf = (place: Place, control: Control): Shared =>
  (place.shared ??= { entry: control.block(), targets: new Map(), throws: false })
