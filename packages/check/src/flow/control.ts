/**
 * Where control goes: blocks, the edges between them, and the frames that a jump passes on its way out.
 *
 * Leaving a `using` block releases; leaving a `try` runs its `finally`. What each way out does stays apart: a frame has a
 * copy of its `finally` for each place that is left for, shared by all jumps that go there. Copies in copies would grow
 * exponentially, so a `finally` deep inside others has one copy only, from which all ways go on.
 *
 * A call or an `await` may throw: its block has an edge to whoever catches, taken before the call did anything. What a
 * call does and then throws is not on that edge: a failed `send` moves nothing, a failed `lock` holds nothing.
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

/** A frame, and those around it. */
interface Place {
  readonly frame: Loop | Label | Catch | Using | Finally
  readonly outer: Place | undefined
  /** The innermost frame, this one included, that an exception thrown in it passes or ends at. */
  catcher: Place | undefined
  /** Where an exception enters it. */
  caught: Block | undefined
  /** What it does on its way out, by where the way leads. */
  readonly exits: Map<Block, Block>
  /** How many of these it may have; further ways share one copy. */
  readonly limit: number
  shared: Shared | undefined
}

/** One copy of a `finally` for several ways. */
interface Shared {
  readonly entry: Block
  readonly targets: Map<Block, Place | undefined>
  throws: boolean
}

/** How many ways out of a `try` have a `finally` of their own, by how many copies of other ones it is built in. */
const EXITS_APART = [8, 4]

export class Control {
  readonly blocks: Block[] = []
  /** The blocks that something leads to. */
  readonly #reached = new Set<Block>()
  readonly #run: (statements: Node) => void
  #place: Place | undefined
  /** How many copies of a `finally` are being built, one in the other. */
  #copies = 0
  /** Where the next event goes; undefined where nothing can come to. */
  now: Block | undefined

  /** `run` builds a block of statements, here: what a `finally` does. */
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

  /** An edge from here to `block`, if anything can come to here. */
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

  /** Goes on in `block`, unless nothing leads to it. */
  resume(block: Block): void {
    this.now = this.isReached(block) ? block : undefined
  }

  isReached(block: Block): boolean {
    return this.#reached.has(block)
  }

  /** Something that may or may not be evaluated. */
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

  /** A `try` whose `finally` is `body`; `build` builds what is before it. */
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
    // Releasing on the way out of the function is of no interest to what is after it.
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

  /** Leaves all frames. */
  return(end: Block): void {
    this.#leave(undefined, end)
  }

  #leave(last: Place | undefined, target: Block): void {
    if (this.now !== undefined) this.stop(this.#exit(this.#place, last, target))
  }

  /** The way from one place out to another, and then to a block: it does what each frame asks of a jump that leaves it. */
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

  /** Where an exception thrown here goes; undefined where it leaves the function. */
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

  /** What a frame does when it is left, built once; then it goes on. */
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
