/**
 * One execution of the program, step by step: threads, sleepers, memory. It knows who can run and what a step does;
 * a `Strategy` says who runs; a driver runs the code between the steps.
 *
 * A process is a thread, or the death of a thread: a process of one step that may come at any time. The step that
 * each process will make next is always known, so a strategy can look at it.
 *
 * One file, though a long one: every kind of step reads and changes the same threads, sleepers and memory.
 */
import { BYTES, I32, maskOf, type Value } from './cell.ts'
import { ModelError, type Verdict } from './error.ts'
import { Events, PROCESSES } from './events.ts'
import { orderDeath, refusedNow, stillAsleep } from './dependence.ts'
import { Memory } from './memory.ts'
import { Names } from './names.ts'
import {
  CAS,
  END,
  JOIN,
  KILL,
  LOAD,
  NOTIFY,
  NOT_EQUAL,
  OK,
  PAUSE,
  QUEUE,
  READS,
  SPAWN,
  START,
  STORE,
  TIMED_OUT,
  TOUCHES,
  WAIT,
  WAIT_ASYNC,
  WAKE,
  WRITES,
  WROTE,
} from './ops.ts'
import { isStirred, orderPause, stirs } from './pauses.ts'
import { Shadow, type Rival } from './shadow.ts'
import type { Strategy } from './strategy.ts'
import { Tree, lowest } from './tree.ts'

/** What a process is for. */
export const THREAD = 0
/** The death of a thread. */
export const DEATH = 1
/** Runs what a `waitAsync` waits for; its sleep alone keeps nothing alive. */
export const WATCHER = 2
/** Runs after a death. */
export const REAPER = 3

export const ABSENT = 0
export const LIVE = 1
export const ASLEEP = 2
export const ENDED = 3

/** A thread's timeouts beyond this many run out only when nothing else can happen. */
const TIMEOUTS = 3
/** This many pauses in a row that end only because nothing else can happen are a livelock. */
const IDLE = 1000

/** How an execution ended. */
export type End = 'finished' | 'redundant' | 'failed' | 'restart'

/** Why an execution failed. */
export interface Failure {
  readonly verdict: Verdict
  /** The thread it is about, or -1. */
  readonly process: number
  readonly error?: unknown
  readonly rival?: Rival
  readonly at?: number
  readonly write?: boolean
}

/** Is told of everything, when a failing execution runs once more. */
export interface Recorder {
  /** The process stands in its code before its next step. */
  stand(process: number): void
  step(execution: Execution, process: number, event: number, result: Value): void
  /** Something else worth a line. */
  note(execution: Execution, process: number, what: string): void
  plain(execution: Execution, process: number, at: number, cell: number, write: boolean, value: Value): void
}

/** What is large, and nobody's when it is clear. */
interface Ground {
  readonly memory: Memory
  readonly events: Events
  readonly shadow: Shadow
}

const spare: Ground[] = []

function newGround(bytes: number): Ground {
  const events = new Events()
  return { memory: new Memory(bytes), events, shadow: new Shadow(events) }
}

export class Execution {
  /** Words that are not zero when an execution begins. */
  readonly #image: readonly (readonly [at: number, value: number])[]
  readonly memory: Memory
  readonly events: Events
  readonly tree: Tree
  readonly limit: number
  readonly kills: number
  /** Buffers of raw programs lie above what a library under the model lays out itself. */
  readonly reserved: number
  readonly #shadow: Shadow
  strategy: Strategy
  recorder: Recorder | undefined

  /** The next step of each process. */
  readonly kind = new Uint8Array(PROCESSES + 1)
  readonly at = new Int32Array(PROCESSES + 1)
  readonly cell = new Uint8Array(PROCESSES + 1)
  readonly a: Value[] = new Array<Value>(PROCESSES + 1).fill(0)
  readonly b: Value[] = new Array<Value>(PROCESSES + 1).fill(0)
  readonly state = new Uint8Array(PROCESSES + 1)
  readonly role = new Uint8Array(PROCESSES + 1)
  /** Of a death, a reaper: the thread it is about. */
  readonly victim = new Int8Array(PROCESSES + 1)
  /** The event that let the process go on (its spawn, the notify), or -1. */
  readonly cause = new Int32Array(PROCESSES + 1)
  /** Of a watcher, the event that began its sleep; -1 of all others. */
  readonly born = new Int32Array(PROCESSES + 1)
  /** The last event of an ended thread. */
  readonly end = new Int32Array(PROCESSES + 1)
  readonly timed = new Uint8Array(PROCESSES + 1)
  readonly timeouts = new Uint8Array(PROCESSES + 1)
  readonly time = new Float64Array(PROCESSES + 1)
  readonly thrown: unknown[] = []
  /** Threads that threw what nobody has seen yet. */
  #unseen = 0
  /** Who can run. */
  #ready = 0
  #paused = 0
  /** Who sleeps with a limit that runs out only as the last resort. */
  #late = 0
  /** Who sleeps, first come first. */
  readonly #line: number[] = []
  #idle = 0
  #doomed = 0
  /** Whether the choice being made is not the program's, but of who may die. */
  dooming = false
  /** The processes that are deaths. */
  deaths = 0
  /** Sleepers whose limit may run out. */
  dozing = 0
  readonly #names: Names
  /** The processes of this execution, in the order in which they were born. */
  readonly births: number[] = []
  reaped = false
  /** The watcher born last. */
  youngest = 0
  /** Events from here on are new. */
  fresh = 0
  /** Whether plain accesses are watched for races: from the first one on. */
  #watching = false
  /** Whether all that can happen now is that pauses end without a reason, or that late limits run out. */
  lastResort = false
  over: End | undefined
  failure: Failure | undefined
  /** The process that ran last. */
  current = 0

  /** Where it stands: memory and slots for all of the heap cost 8 ms to make, so what an ended one had is used again. */
  readonly #ground: Ground

  constructor(
    strategy: Strategy,
    options: {
      memory: number
      image?: readonly (readonly [at: number, value: number])[]
      limit: number
      kills: number
    },
  ) {
    this.#image = options.image ?? []
    this.strategy = strategy
    this.limit = options.limit
    this.kills = options.kills
    this.#ground = spare.pop() ?? newGround(options.memory)
    this.memory = this.#ground.memory
    this.memory.grow(options.memory)
    this.reserved = options.memory
    this.events = this.#ground.events
    this.tree = new Tree()
    this.#names = new Names(this.events, options.memory)
    this.#shadow = this.#ground.shadow
  }

  /** Nothing will run in it again: another one may have its ground. */
  release(): void {
    this.memory.clear()
    this.events.clear()
    this.#shadow.clear()
    spare.push(this.#ground)
  }

  /** Begins an execution: the first `fresh` steps are those of the one before. */
  begin(fresh: number): void {
    const { events } = this
    events.begin(events.length, fresh)
    this.memory.clear()
    for (const [at, value] of this.#image) this.memory.write(at, I32, value)
    if (this.#watching) this.#shadow.clear()
    this.fresh = fresh
    this.state.fill(ABSENT, 0, events.width)
    this.#names.begin()
    this.thrown.length = 0
    this.births.length = 0
    this.#ready = this.#paused = this.#late = this.#unseen = this.#idle = this.#doomed = this.deaths = this.dozing = 0
    this.#line.length = 0
    this.over = undefined
    this.failure = undefined
    this.reaped = false
    this.current = 0
    if (fresh === 0) this.tree.sleep[0] = 0
    events.startOver = false
    this.#birth(0, THREAD, 0, -1)
  }

  /** Says what the process will do next. */
  announce(process: number, kind: number, at: number, cell: number, a: Value, b: Value): void {
    this.recorder?.stand(process)
    this.kind[process] = kind
    this.at[process] = at
    this.cell[process] = cell
    this.a[process] = a
    this.b[process] = b
    const bit = 1 << process
    if (kind === JOIN && this.state[a as number] !== ENDED) this.#ready &= ~bit
    else if (kind === PAUSE && !isStirred(this.events, process)) {
      this.#ready &= ~bit
      this.#paused |= bit
    } else this.#ready |= bit
  }

  /** Who makes the next step; -1 if the execution is over. */
  next(): number {
    if (this.over !== undefined) return -1
    const depth = this.events.length
    this.lastResort = this.#ready === 0
    if (depth < this.tree.prefix) {
      const process = this.tree.ran[depth]
      if ((((this.#ready | this.#paused | this.#late) >> process) & 1) === 0) throw unsteady()
      return (this.current = process)
    }
    const enabled = this.lastResort ? this.#paused | this.#late : this.#ready
    if (enabled === 0) {
      this.#settle()
      return -1
    }
    if (depth >= this.limit || this.#idle > IDLE) {
      this.fail({ verdict: 'livelock', process: this.current })
      return -1
    }
    const process = this.strategy.pick(this, depth, enabled, this.current)
    if (process < 0) {
      this.over = 'redundant'
      return -1
    }
    return (this.current = process)
  }

  /** Makes the process's next step; returns what the step returns. */
  perform(process: number): Value {
    const { memory, events } = this
    const kind = this.kind[process]
    const at = this.at[process]
    const cell = this.cell[process]
    const depth = events.length
    const fresh = depth >= this.fresh
    const asleep = fresh && this.strategy.ordered ? this.tree.sleep[depth] | this.tree.done[depth] : 0
    const refused = asleep === 0 ? 0 : refusedNow(this, asleep)
    let touches = TOUCHES[kind]
    let cause = -1
    let orderCause = -2
    let result: Value = 0
    switch (kind) {
      case LOAD:
        result = memory.read(at, cell)
        break
      case STORE:
        memory.write(at, cell, this.a[process])
        break
      case CAS:
        result = memory.read(at, cell)
        if (result === memory.wrap(cell, this.a[process])) memory.write(at, cell, this.b[process])
        else touches = events.mixed ? READS | WRITES : READS
        break
      case NOTIFY:
        result = this.#notify(at, this.a[process] as number, depth)
        break
      case WAIT:
      case WAIT_ASYNC:
        result = this.#wait(process, kind, at, depth)
        break
      case WAKE:
        touches = this.timed[process] === 0 ? 0 : QUEUE
        cause = this.cause[process]
        // A sleep with a limit might have ended without the notify: that is a race for the search to reverse.
        orderCause = touches === 0 ? cause : this.born[process]
        result = this.#wake(process)
        break
      case END:
        break
      case START:
        cause = this.cause[process]
        break
      case SPAWN:
        result = this.#spawn(process, depth)
        break
      case JOIN:
        cause = this.end[this.a[process] as number]
        this.#unseen &= ~(1 << (this.a[process] as number))
        break
      case PAUSE:
        if ((this.#paused >> process) & 1) {
          this.#idle++
          this.time[process]++
          this.#paused &= ~(1 << process)
        }
        break
      case KILL:
        cause = this.cause[process]
        touches = this.#beforeKill(process)
        break
      default:
        result = memory.read(at, cell)
        memory.modify(kind, at, cell, result, this.a[process])
    }
    if (fresh) {
      const order = orderCause === -2 ? cause : orderCause
      this.#record(process, kind, at, cell, touches, cause, order, asleep, refused)
    } else {
      if (events.kind[depth] !== kind || (touches !== 0 && events.at[depth] !== this.at[process])) throw unsteady()
      events.repeat(process)
    }
    if ((touches & WROTE) !== 0) this.#written(process, at, cell)
    if (kind === KILL) this.#kill(process, depth)
    this.recorder?.step(this, process, depth, result)
    return result
  }

  /** The program's choice among `n`: no scheduling point. */
  choose(process: number, n: number): number {
    const depth = this.events.length
    if (depth >= this.limit) {
      this.fail({ verdict: 'livelock', process })
      return 0
    }
    const forced = depth < this.tree.prefix
    if (forced && (this.tree.chosen[depth] >= n || (this.tree.ways[depth] !== n && this.fresh > depth)))
      throw unsteady()
    this.tree.ways[depth] = n
    const value = forced ? this.tree.chosen[depth] : this.strategy.choose(this, depth, process, n)
    if (depth >= this.fresh) {
      const event = this.events.choose(process, value)
      if (this.strategy.ordered) {
        this.events.arrange(event, -1)
        this.tree.sleep[depth + 1] = this.tree.sleep[depth]
      }
      if (this.#watching) this.events.synchronize(event, -1)
    } else this.events.repeat(process)
    this.recorder?.step(this, process, depth, value)
    return value
  }

  /** The thread's body has returned, or thrown. */
  finish(process: number, threw: boolean, error: unknown): void {
    if (this.state[process] === ENDED) return
    this.#ended(process, this.events.last[process])
    if (!threw) return
    this.thrown[process] = error
    this.#unseen |= 1 << process
    if (process === 0 || error instanceof ModelError) this.fail({ verdict: 'threw', process, error })
  }

  /** Whether the thread may still be killed, so that its end is a step. */
  mayDie(process: number): boolean {
    const death = this.#names.deathOf(process)
    return death >= 0 && this.state[death] === LIVE && this.role[death] === DEATH
  }

  /** Of those who can run, the one that an ordinary execution would choose: nobody dies, and time is long. */
  ordinary(enabled: number, current: number): number {
    const usual = enabled & ~this.deaths & ~this.dozing
    const from = usual === 0 ? enabled & ~this.deaths || enabled : usual
    return (from >> current) & 1 ? current : lowest(from)
  }

  /** Whether taking the turn from `current` is a preemption: it could go on, and does not wait for anything. */
  couldGoOn(enabled: number, current: number): boolean {
    const kind = this.kind[current]
    return ((enabled >> current) & 1) === 1 && kind !== WAKE && kind !== PAUSE
  }

  /** What a thread threw, if it did. */
  threw(process: number): boolean {
    return process in this.thrown
  }

  fail(failure: Failure): void {
    if (this.over !== undefined) return
    this.failure = failure
    this.over = 'failed'
  }

  /** A plain access. Returns false if the execution is over because of it. */
  plain(process: number, at: number, length: number, write: boolean): boolean {
    this.reach(at + length)
    if (!this.#watching) {
      // The memory model's order was not kept so far: once more from the beginning, with it.
      this.#watching = true
      this.over = 'restart'
      return false
    }
    this.#shadow.grow(this.memory.size)
    const rival = this.#shadow.access(process, at, length, write, this.events.length >= this.fresh)
    if (rival === undefined) return true
    this.fail({ verdict: 'data race', process, rival, at, write })
    return false
  }

  /** Room for a buffer: a place of its own for the n-th one of its size that a thread asks for. */
  allocate(process: number, bytes: number): number {
    const at = this.#names.buffer(process, bytes)
    this.reach(at + bytes)
    return at
  }

  /** Makes room for addresses below `end`. */
  reach(end: number): void {
    if (end > this.memory.size) this.memory.grow(end)
  }

  /** The processes that have a name, in order. */
  get width(): number {
    return this.events.width
  }

  /** Whether nobody but sleepers of `waitAsync` is left. */
  #settle(): void {
    for (let p = 0; p < this.events.width; p++) {
      const state = this.state[p]
      if (state === ABSENT || state === ENDED || this.role[p] === DEATH) continue
      if (this.role[p] === WATCHER && this.kind[p] === WAKE) continue
      this.fail({ verdict: this.#overslept() ? 'lost wake-up' : 'deadlock', process: p })
      return
    }
    if (this.#unseen !== 0) {
      const process = lowest(this.#unseen)
      this.fail({ verdict: 'threw', process, error: this.thrown[process] })
      return
    }
    this.over = 'finished'
  }

  /** Whether somebody sleeps though its word has changed, or though there was a notify before it went to sleep. */
  #overslept(): boolean {
    const { events } = this
    return this.#line.some(p => {
      if (this.role[p] === WATCHER) return false
      const at = this.at[p]
      if (this.memory.read(at, this.cell[p]) !== this.memory.wrap(this.cell[p], this.a[p])) return true
      for (let e = events.newest(at >> 3); e >= 0; e = events.onSlot[e]) {
        if (events.kind[e] === NOTIFY && events.at[e] === at && e < events.last[p]) return true
      }
      return false
    })
  }

  #birth(process: number, role: number, victim: number, cause: number): void {
    this.births.push(process)
    this.role[process] = role
    this.state[process] = LIVE
    this.victim[process] = victim
    this.cause[process] = cause
    this.born[process] = -1
    this.timeouts[process] = 0
    this.time[process] = 0
    this.kind[process] = role === DEATH ? KILL : START
    this.#ready |= 1 << process
    if (role === DEATH) this.deaths |= 1 << process
  }

  #spawn(process: number, depth: number): number {
    const child = this.#names.child(process)
    this.#birth(child, THREAD, 0, depth)
    this.time[child] = this.time[process]
    return child
  }

  /** Decides whether the thread just spawned may die in this execution. */
  doom(parent: number, child: number): void {
    if (this.#doomed >= this.kills) return
    this.dooming = true
    const dies = this.choose(parent, 2) === 1
    this.dooming = false
    if (!dies) return
    this.#doomed++
    this.#birth(this.#names.nameDeath(child), DEATH, child, this.events.length - 1)
  }

  #ended(process: number, event: number): void {
    this.state[process] = ENDED
    this.end[process] = event
    this.#ready &= ~(1 << process)
    this.#paused &= ~(1 << process)
    this.#late &= ~(1 << process)
    this.dozing &= ~(1 << process)
    for (let p = 0; p < this.events.width; p++) {
      if (this.state[p] === LIVE && this.kind[p] === JOIN && this.a[p] === process) this.#ready |= 1 << p
    }
  }

  #notify(at: number, count: number, depth: number): number {
    const line = this.#line
    let woken = 0
    for (let i = 0; i < line.length && woken < count;) {
      const sleeper = line[i]
      if (this.at[sleeper] !== at) {
        i++
        continue
      }
      line.splice(i, 1)
      woken++
      this.state[sleeper] = LIVE
      this.cause[sleeper] = depth
      this.#late &= ~(1 << sleeper)
      this.dozing &= ~(1 << sleeper)
      this.#ready |= 1 << sleeper
    }
    return woken
  }

  #wait(process: number, kind: number, at: number, depth: number): number {
    const cell = this.cell[process]
    if (this.memory.read(at, cell) !== this.memory.wrap(cell, this.a[process])) return NOT_EQUAL
    const ms = this.b[process] as number
    if (ms <= 0 && kind === WAIT) return TIMED_OUT
    let sleeper = process
    if (kind === WAIT_ASYNC) {
      sleeper = this.#names.child(process)
      this.#birth(sleeper, WATCHER, 0, depth)
      this.born[sleeper] = depth
      this.youngest = sleeper
      this.time[sleeper] = this.time[process]
      this.at[sleeper] = at
      this.cell[sleeper] = cell
      this.a[sleeper] = this.a[process]
      this.b[sleeper] = this.b[process]
    }
    this.kind[sleeper] = WAKE
    this.state[sleeper] = ASLEEP
    if (kind === WAIT) this.cause[sleeper] = -1
    this.#line.push(sleeper)
    const bit = 1 << sleeper
    this.timed[sleeper] = ms === Infinity ? 0 : 1
    if (ms === Infinity) this.#ready &= ~bit
    else if (this.timeouts[sleeper] >= TIMEOUTS) {
      this.#ready &= ~bit
      this.#late |= bit
    } else this.#ready |= bit
    if (ms !== Infinity) this.dozing |= bit
    return OK
  }

  #wake(process: number): number {
    if (this.state[process] === LIVE) return OK
    this.state[process] = LIVE
    this.#line.splice(this.#line.indexOf(process), 1)
    this.#late &= ~(1 << process)
    this.dozing &= ~(1 << process)
    this.timeouts[process]++
    this.time[process] += this.b[process] as number
    return TIMED_OUT
  }

  /** What the death touches: the line its victim sleeps in. */
  #beforeKill(process: number): number {
    const victim = this.victim[process]
    if (this.state[victim] !== ASLEEP) return 0
    this.at[process] = this.at[victim]
    this.cell[process] = this.cell[victim]
    return QUEUE
  }

  #kill(process: number, depth: number): void {
    const victim = this.victim[process]
    this.state[process] = ENDED
    this.#ready &= ~(1 << process)
    this.deaths &= ~(1 << process)
    if (this.state[victim] === ENDED) return
    if (this.state[victim] === ASLEEP) this.#line.splice(this.#line.indexOf(victim), 1)
    this.#ended(victim, depth)
    if (this.reaped) this.#birth(this.#names.nameReaper(victim), REAPER, victim, depth)
  }

  #record(
    process: number,
    kind: number,
    at: number,
    cell: number,
    touches: number,
    cause: number,
    orderCause: number,
    asleep: number,
    refused: number,
  ): void {
    const { events } = this
    const bytes = kind === KILL ? BYTES[this.cell[process]] : BYTES[cell]
    const where = kind === KILL ? this.at[process] : at
    const mask = touches === 0 ? 0 : maskOf(where, bytes)
    const event = events.add(process, kind, where, touches, mask)
    if (this.strategy.ordered) {
      events.arrange(event, orderCause)
      if (kind === PAUSE) orderPause(events, this.tree, process, event)
      if (kind === KILL) {
        const victim = this.victim[process]
        orderDeath(this, event, victim, this.state[victim] !== ENDED)
      }
      // Who could run only as the last resort cannot any more, or can again: nobody sleeps through that.
      this.tree.sleep[event + 1] = this.lastResort ? 0 : stillAsleep(this, asleep, refused, event)
      if (events.startOver) {
        this.over = 'restart'
        return
      }
      this.strategy.learn(this, event)
    }
    if (!this.#watching) return
    events.synchronize(event, -1)
    if (cause >= 0) events.syncAfter(event, cause, kind === JOIN ? 1 : 0)
    if (kind === KILL) {
      const last = events.last[this.victim[process]]
      if (last >= 0) events.syncAfter(event, last, 1)
    }
    if ((touches & (READS | WRITES)) === 0) return
    const write = (touches & WROTE) !== 0
    this.#shadow.grow(this.memory.size)
    const rival = this.#shadow.rival(process, where, bytes, write, true)
    if (rival !== undefined) this.fail({ verdict: 'data race', process, rival, at: where, write })
  }

  /** Lets those go on who paused until one of these bytes is written. */
  #written(process: number, at: number, cell: number): void {
    this.#idle = 0
    if (this.#paused === 0) return
    const slot = at >> 3
    const mask = maskOf(at, BYTES[cell])
    for (let rest = this.#paused & ~(1 << process); rest !== 0; rest &= rest - 1) {
      const p = lowest(rest)
      if (!stirs(this.events, p, slot, mask)) continue
      this.#paused &= ~(1 << p)
      this.#ready |= 1 << p
    }
  }
}

export function unsteady(): ModelError {
  return new ModelError(
    'unsteady',
    'The program did something else when it ran again with the same choices. Let it depend on nothing but the simulated memory and choose().',
  )
}
