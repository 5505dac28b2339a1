/**
 * Where control goes: blocks, the edges between them, and the frames that a jump passes on its way out.
 *
 * Leaving a `using` block releases; leaving a `try` with a `finally` runs a copy of it, built where the jump is, with the
 * frames outside of it: so a `finally` that itself jumps is right, and what each way out does stays apart.
 *
 * A call or an `await` may throw: its block has an edge to whoever catches, taken before the call did anything. What a
 * call does and then throws is not on that edge: a failed `send` moves nothing, a failed `lock` holds nothing.
 */
import type { Binding, Node } from '@fearless/compiler/analysis'
import type { Block, Event } from './graph.ts'

type Frame =
  | { kind: 'loop'; labels: readonly string[]; out: Block; next: Block }
  | { kind: 'label'; labels: readonly string[]; out: Block; breakable: boolean }
  | { kind: 'using'; node: Node; bindings: Binding[]; caught: Block | undefined }
  | { kind: 'finally'; body: Node; caught: Block | undefined }
  | { kind: 'catch'; caught: Block }

export class Control {
  readonly blocks: Block[] = []
  /** The blocks that something leads to. */
  readonly #reached = new Set<Block>()
  readonly #run: (statements: Node) => void
  #frames: Frame[] = []
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
    this.now = this.#reached.has(block) ? block : undefined
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
    const handler = this.handler()
    if (handler === undefined || this.now === undefined) return
    this.flow(handler)
    this.now = this.follow()
  }

  // Frames.

  within(frame: Frame, build: () => void): void {
    this.#frames.push(frame)
    build()
    this.#frames.pop()
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
    for (let at = this.#frames.length - 1; at >= 0; at--) {
      const frame = this.#frames[at]
      if (frame.kind !== 'loop' && frame.kind !== 'label') continue
      const meant =
        label !== undefined
          ? frame.labels.includes(label)
          : frame.kind === 'loop' || (kind === 'break' && frame.breakable)
      if (!meant) continue
      this.leave(at + 1)
      return this.stop(kind === 'continue' && frame.kind === 'loop' ? frame.next : frame.out)
    }
    this.now = undefined
  }

  /** Passes the frames from the innermost down to number `last`, doing what each asks of who leaves it. */
  leave(last: number): void {
    const frames = this.#frames
    for (let at = frames.length - 1; at >= last && this.now !== undefined; at--) {
      this.#frames = frames.slice(0, at)
      this.#exit(frames[at])
    }
    this.#frames = frames
  }

  #exit(frame: Frame): void {
    if (frame.kind === 'finally') this.#run(frame.body)
    if (frame.kind !== 'using') return
    for (const binding of frame.bindings.toReversed()) this.emit({ kind: 'release', node: frame.node, binding })
  }

  /** Where an exception thrown here goes; undefined where it leaves the function. */
  handler(): Block | undefined {
    for (let at = this.#frames.length - 1; at >= 0; at--) {
      const frame = this.#frames[at]
      if (frame.kind === 'catch') return frame.caught
      if (
        frame.kind === 'using' &&
        !this.#frames.slice(0, at).some(({ kind }) => kind === 'catch' || kind === 'finally')
      )
        continue
      if (frame.kind !== 'using' && frame.kind !== 'finally') continue
      if (frame.caught !== undefined) return frame.caught
      frame.caught = this.block()
      const { frames, now } = { frames: this.#frames, now: this.now }
      this.#frames = frames.slice(0, at)
      this.now = frame.caught
      this.#exit(frame)
      this.stop(this.handler())
      this.#frames = frames
      this.now = now
      return frame.caught
    }
    return undefined
  }
}
