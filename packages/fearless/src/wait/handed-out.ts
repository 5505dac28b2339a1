/**
 * Waits that were handed out and never waited for, reported on stderr in development: `tx.send(1)` without `await`.
 *
 * While walls are on, each call gives a `HandedOut` around the Wait, which notes whether it was begun.
 *
 * - The last 64 of a thread are in a ring. One that leaves the ring and was not begun yet is *overdue*: it is reported
 *   when the garbage collector finds it, because then no program can begin it any more.
 * - What a thread has not begun when it ends is reported as well; of the main thread, when its event loop is at its end.
 * - One that a variable, a select or a promise still holds is never reported before that.
 *
 * The line costs a stack. It is taken for the first calls of each method, and then for one in 1024; after a report that had
 * none, for the next thousand. In production nothing is done: methods are replaced only while walls are on.
 */
import { platform } from '#platform'
import { placeIn } from '../memory/source-location.ts'
import { wallsAreOn } from '../memory/codec/walls.ts'
import type { Attempt } from './attempt.ts'
import { dropsSeen } from './loop-deadlock.ts'
import { withTrace } from './places.ts'
import { Wait, type TryResult, type WaitLimits } from './wait.ts'

/** A method or a function that gives Waits. */
interface Maker {
  readonly name: string
  /** How many of the next calls take a stack. */
  traced: number
  calls: number
  /** One of its Waits was reported: another one without a line would say nothing new. */
  reported: boolean
}

/** What a report needs, without the Wait. */
interface Made {
  readonly maker: Maker
  readonly trace: Trace | undefined
}

interface Trace {
  readonly stack?: string
}

const FIRST_TRACED = 32
const TRACED_AFTER_REPORT = 1000
const TRACE_EVERY = 1024
const RING = 64

const recent: (HandedOut<unknown> | undefined)[] = []
let next = 0
const overdue = new Set<Made>()
/** Lines that were reported. */
const reported = new Set<string>()
const gone = new FinalizationRegistry<Made>(made => {
  if (overdue.delete(made)) report(made)
})
let watchesEnd = false

class HandedOut<T> extends Wait<T> {
  readonly inner: Wait<T>
  private readonly maker: Maker
  private readonly trace: Trace | undefined
  private due: Made | undefined = undefined
  /** Its place in the ring. */
  private at = 0
  begun = false

  constructor(inner: Wait<T>, maker: Maker, trace: Trace | undefined) {
    super()
    this.inner = inner
    this.maker = maker
    this.trace = trace
  }
  get made(): Made {
    return { maker: this.maker, trace: this.trace }
  }
  /** A caller waits for it, or takes it apart. */
  use(): Wait<T> {
    if (!this.begun) {
      this.begun = true
      // The ring would keep alive what the Wait is for: 64 vecs that were summed.
      if (recent[this.at] === this) recent[this.at] = undefined
      if (this.due !== undefined) this.forgive(this.due)
    }
    return this.inner
  }
  private forgive(made: Made): void {
    overdue.delete(made)
    gone.unregister(this)
  }
  watch(): void {
    const { made } = this
    this.due = made
    overdue.add(made)
    gone.register(this, made, this)
  }

  override get selects(): boolean {
    return this.inner.selects
  }
  override begin(): Attempt<T> {
    return this.use().begin()
  }
  override try(): T | undefined {
    return this.use().try()
  }
  override tryResult(): TryResult<T> {
    return this.use().tryResult()
  }
  override wait(limit?: number | Date): T {
    return this.use().wait(limit)
  }
  override within(limit: number | Date | WaitLimits): Wait<T> {
    return new HandedOut(this.use().within(limit), this.maker, this.trace).remembered()
  }
  override then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return withTrace(this.trace, () => this.use().then(onValue, onError))
  }
  override get [Symbol.toStringTag](): string {
    return this.inner[Symbol.toStringTag]
  }

  remembered(): this {
    const old = recent[next]
    if (old !== undefined && !old.begun) old.watch()
    recent[next] = this as HandedOut<unknown>
    this.at = next
    next = (next + 1) % RING
    return this
  }
}

const makers = new Map<string, Maker>()

function makerOf(name: string): Maker {
  let maker = makers.get(name)
  if (maker === undefined) makers.set(name, (maker = { name, traced: FIRST_TRACED, calls: 0, reported: false }))
  return maker
}

/** The Wait that a function of this name gives its own caller. */
export function handOut<T>(wait: Wait<T>, name: string, f: (...args: never[]) => unknown): Wait<T> {
  return wallsAreOn ? handedOut(wait, makerOf(name), f) : wait
}

function handedOut<T>(wait: Wait<T>, maker: Maker, caller: (...args: never[]) => unknown): HandedOut<T> {
  let trace: Trace | undefined
  if (maker.traced > 0 || ++maker.calls % TRACE_EVERY === 0) {
    if (maker.traced > 0) maker.traced--
    trace = {}
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 4
    Error.captureStackTrace(trace, caller)
    Error.stackTraceLimit = limit
  }
  if (!watchesEnd) watchEnd()
  return new HandedOut(wait, maker, trace).remembered()
}

/** The Wait itself, for this library's own use of what a method gave. */
export function bare<T>(wait: Wait<T>): Wait<T> {
  return wallsAreOn && wait instanceof HandedOut ? (wait as HandedOut<T>).use() : wait
}

type Method = (this: unknown, a?: unknown, b?: unknown) => Wait<unknown>

/** The function, with a report of each of its Waits that is never waited for. */
function reporting(name: string, f: Method): Method {
  const maker = makerOf(name)
  // No method has more than two parameters, and a list of them would be allocated for each call.
  const replaced = function (this: unknown, a?: unknown, b?: unknown): Wait<unknown> {
    return handedOut(f.call(this, a, b), maker, replaced)
  }
  return Object.defineProperty(replaced, 'name', { value: f.name })
}

/** From now on each Wait of these methods that is never waited for is reported, while walls are on. */
export function methodsReportUnwaited(
  name: string,
  { prototype }: { readonly prototype: object },
  methods: string,
): void {
  if (!wallsAreOn) return
  for (const method of methods.split(' ')) {
    const value = reporting(`${name}.${method}`, Reflect.get(prototype, method) as Method)
    Object.defineProperty(prototype, method, { value, configurable: true, writable: true })
  }
}

function watchEnd(): void {
  watchesEnd = true
  if (platform.inheritance === undefined) platform.eventLoop?.beforeEnd(reportAllUnlessAWaitStands)
}

function reportAllUnlessAWaitStands(): void {
  if (!dropsSeen.stands()) reportUnwaited()
}

/** What was not begun until now never will be: the thread ends. */
export function reportUnwaited(): void {
  for (const made of notBegun()) report(made)
  recent.length = 0
  next = 0
  overdue.clear()
}

function report({ maker, trace }: Made): void {
  const place = placeOf(trace)
  if (place === undefined) maker.traced = TRACED_AFTER_REPORT
  if (place === undefined ? maker.reported : reported.has(place)) return
  maker.reported = true
  if (place !== undefined) reported.add(place)
  platform.printError(
    `The Wait of ${maker.name}${place === undefined ? '' : ` at ${place}`} was never waited for, so it did nothing (F1003). ` +
      'Write `await` before it, or call `.wait()` on it.\n',
  )
}

const placeOf = (trace: Trace | undefined): string | undefined =>
  trace === undefined ? undefined : placeIn(trace.stack)

/** Oldest first: the first calls of a method are those whose lines are known. */
function notBegun(): Made[] {
  const inRing = [...recent.slice(next), ...recent.slice(0, next)]
  return [...overdue, ...inRing.flatMap(wait => (wait?.begun === false ? [wait.made] : []))]
}

// For the message of a deadlock, which one of them may be the cause of.
if (wallsAreOn) dropsSeen.list = namesOfNotBegun

function namesOfNotBegun(): readonly string[] {
  return [...new Set(notBegun().map(({ maker, trace }) => `${maker.name} at ${placeOf(trace) ?? 'an unknown place'}`))]
}
