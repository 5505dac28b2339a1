/**
 * Detects Waits that are never waited for, such as `tx.send(1)` without `await`, and reports them on stderr in
 * development.
 *
 * While walls are on, each call returns a `HandedOut` around the Wait, which records whether a run of it was started.
 *
 * - The last 64 Waits of a thread are in a ring. A Wait that leaves the ring without having been started is *overdue*.
 *   It is reported when the garbage collector finds it, because then no program can start it any more.
 * - The Waits that a thread has not started when it ends are reported as well. The main thread reports them when its
 *   event loop has no work left.
 * - A Wait that a variable, a select or a promise still holds is not reported before the thread ends.
 * - The source line costs a stack trace. Stacks are captured for the first calls of each method, then for one call in
 *   1024. After a report without a line, the next thousand calls capture one.
 * - In production the methods are not replaced, so the detection costs nothing.
 */
import { platform } from '#platform'
import { locationIn } from '../memory/creation-sites.ts'
import { wallsAreOn } from '../platform/settings.ts'
import type { Operation } from './operation.ts'
import { unwaitedSearch } from './loop-deadlock.ts'
import { withTrace } from './lock-sites.ts'
import { Wait, type TryResult, type WaitLimits } from './wait.ts'

/** A method or function that returns Waits. */
interface Maker {
  readonly name: string
  /** The number of further calls that capture a stack. */
  traced: number
  calls: number
  /** Whether one of its Waits was reported: a second report without a line would add nothing. */
  reported: boolean
}

/** The data of a report, without a reference to the Wait. */
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
/** The source lines that were reported. */
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
  /** Its index in the ring. */
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
  /** Marks the Wait as started; returns the wrapped Wait. */
  use(): Wait<T> {
    if (!this.begun) {
      this.begun = true
      // The ring would keep the Wait's operands alive: 64 vecs that were summed.
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
  override begin(): Operation<T> {
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

/** Wraps a Wait for the caller of the public function with this name. */
export function reportIfUnwaited<T>(wait: Wait<T>, name: string, f: (...args: never[]) => unknown): Wait<T> {
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

/** Unwraps a Wait that this library uses itself; the Wait counts as started. */
export function unwrapReported<T>(wait: Wait<T>): Wait<T> {
  return wallsAreOn && wait instanceof HandedOut ? (wait as HandedOut<T>).use() : wait
}

type Method = (this: unknown, a?: unknown, b?: unknown) => Wait<unknown>

/** Returns the function with a wrapper around each of its Waits. */
function reporting(name: string, f: Method): Method {
  const maker = makerOf(name)
  // No method has more than two parameters, and a rest parameter would be allocated in each call.
  const replaced = function (this: unknown, a?: unknown, b?: unknown): Wait<unknown> {
    return handedOut(f.call(this, a, b), maker, replaced)
  }
  return Object.defineProperty(replaced, 'name', { value: f.name })
}

/** Replaces these methods while walls are on, so that their Waits are reported if they are never waited for. */
export function wrapReportingMethods(
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
  if (!unwaitedSearch.stands()) reportUnwaitedAtExit()
}

/** Reports all Waits that were not started. Called when the thread ends. */
export function reportUnwaitedAtExit(): void {
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
  trace === undefined ? undefined : locationIn(trace.stack)

/** Oldest first, because the first calls of a method have source lines. */
function notBegun(): Made[] {
  const inRing = [...recent.slice(next), ...recent.slice(0, next)]
  return [...overdue, ...inRing.flatMap(wait => (wait?.begun === false ? [wait.made] : []))]
}

// A Wait that was not started may be the cause of a deadlock, so the message of a deadlock lists them.
if (wallsAreOn) unwaitedSearch.list = namesOfNotBegun

function namesOfNotBegun(): readonly string[] {
  return [...new Set(notBegun().map(({ maker, trace }) => `${maker.name} at ${placeOf(trace) ?? 'an unknown place'}`))]
}
