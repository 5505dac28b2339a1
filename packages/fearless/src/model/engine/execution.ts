/**
 * One execution of the program, step by step.
 *
 * The execution knows the next step of each process and the effect of a step. A `Strategy` picks the process that makes
 * the next step. A driver runs the program's code between the steps. The next step of each process is always known, so
 * a strategy can inspect it.
 *
 * An execution shares a prefix with the previous one. The steps of the prefix are not made again: memory and the set of
 * processes that can run are restored to their state at its end. The threads' code must run again, and receives the
 * values that it received before (1.3x on generators, 1.4x on one stack: model.bench.ts).
 */
import { BYTES, I32, maskOf, type Value } from './cell.ts'
import { orderDeath, failingExchanges, sleepSetAfter } from '../search/dependence.ts'
import { ModelError, notDeterministic } from './error.ts'
import { releasePooledState, acquirePooledState, type PooledState } from './pooled-state.ts'
import {
  CAS,
  END,
  JOIN,
  KILL,
  LOAD,
  NOTIFY,
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
  XOR,
} from './ops.ts'
import { ExecutionState, perProcess, type Strategy } from './execution-state.ts'
import { mayEndPause, orderPause, endsPause } from './pauses.ts'
import { PlainAccesses } from './plain.ts'
import { DEATH, REAPER, THREAD, WATCHER } from './processes.ts'
import { performNotify, hasLostWakeUp, advanceByTimeout, performWait, performWake, watcherOf } from './wait-queues.ts'
import { lowestProcess } from '../search/tree.ts'

/** After this many pauses in a row that ended only because no other step was possible, the execution is a livelock. */
const IDLE = 1000

export class Execution extends ExecutionState {
  readonly plain: PlainAccesses
  readonly kills: number
  /** The processes that have thrown. */
  #threw = 0
  #doomed = 0
  reaped = false
  /** The return value of each step. */
  readonly #results = perProcess()
  /** The length of the undo log after the initial image was written. An execution begins with this state. */
  readonly #image: number
  /** The process that made the last step. */
  current = 0

  readonly #ground: PooledState

  constructor(
    strategy: Strategy,
    options: {
      memory: number
      image?: readonly (readonly [at: number, value: number])[]
      limit: number
      kills: number
    },
  ) {
    const ground = acquirePooledState(options.memory)
    super(strategy, ground, options.limit, options.memory)
    this.kills = options.kills
    this.#ground = ground
    const { memory, events, shadow } = ground
    for (const [at, value] of options.image ?? []) memory.write(at, I32, value)
    this.#image = memory.written
    this.plain = new PlainAccesses(this, memory, events, shadow)
  }

  /** Releases the pooled state for another execution. This one must not run again. */
  release(): void {
    releasePooledState(this.#ground)
  }

  /** Begins an execution whose first `fresh` steps are those of the previous one. */
  begin(fresh: number): void {
    const { events, processes, memory } = this
    events.beginExecution(events.length, fresh)
    this.prefixLength = fresh
    this.names.begin()
    if (fresh === 0) {
      processes.clear()
      memory.undo(this.#image)
      this.plain.begin(0)
      this.tree.sleep[0] = 0
    } else {
      processes.restore(fresh)
      memory.undo(processes.first(fresh))
      this.plain.begin(processes.second(fresh))
    }
    if (this.#threw !== 0) this.thrown.length = 0
    this.#threw = this.#doomed = 0
    this.over = undefined
    this.failure = undefined
    this.reaped = false
    this.current = 0
    events.startOver = false
    if (fresh === 0) this.#birth(0, THREAD, 0, -1)
    else this.#ready(0, THREAD)
  }

  /** Declares the next step of a process. */
  announce(process: number, kind: number, at: number, cell: number, a: Value, b: Value): void {
    this.recorder?.stand(process)
    this.kind[process] = kind
    this.at[process] = at
    this.cell[process] = cell
    this.a[process] = a
    this.b[process] = b
    if (this.repeats) return
    const { processes } = this
    const bit = 1 << process
    if (kind === JOIN && !processes.hasEnded(a as number)) processes.ready &= ~bit
    else if (kind === PAUSE && !mayEndPause(this.events, process)) {
      processes.ready &= ~bit
      processes.paused |= bit
    } else processes.ready |= bit
  }

  /** Returns the process that makes the next step, or -1 if the execution is over. */
  nextProcess(): number {
    if (this.over !== undefined) return -1
    const depth = this.events.length
    if (depth < this.prefixLength) return (this.current = this.tree.ran[depth])
    const { ready, paused, late, idle } = this.processes
    this.lastResort = ready === 0
    const enabled = this.lastResort ? paused | late : ready
    if (depth < this.tree.prefix) {
      const process = this.tree.ran[depth]
      if ((((ready | paused | late) >> process) & 1) === 0) throw notDeterministic()
      this.tree.preemptable[depth] = this.couldContinue(enabled, this.current) ? this.current : -1
      return (this.current = process)
    }
    if (enabled === 0) {
      this.#settle()
      return -1
    }
    if (depth >= this.limit || idle > IDLE) {
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

  /** Makes the next step of the process. Returns the value that the step returns. */
  makeStep(process: number): Value {
    const { memory, events, processes } = this
    const depth = events.length
    if (depth < this.prefixLength) return this.#again(process, depth)
    this.#save(depth)
    const kind = this.kind[process]
    const at = this.at[process]
    const cell = this.cell[process]
    const asleep = this.strategy.ordered ? this.tree.sleep[depth] | this.tree.explored[depth] : 0
    const refused = asleep === 0 ? 0 : failingExchanges(this, asleep)
    let touches = TOUCHES[kind]
    let cause = -1
    let orderCause = -2
    let result: Value = 0
    let woken = 0
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
        woken = performNotify(this, at, this.a[process] as number, depth)
        result = sizeOf(woken)
        break
      case WAIT:
      case WAIT_ASYNC:
        result = performWait(this, process, kind, at, depth)
        break
      case WAKE: {
        // A sleep with a timeout might have ended without the notify: the search must reverse that race.
        const began = processes.role[process] === WATCHER ? processes.birth[process] : -1
        touches = this.b[process] === Infinity ? 0 : QUEUE
        cause = processes.isAsleep(process) ? began : processes.woken[process]
        orderCause = touches === 0 ? cause : began
        result = performWake(this, process)
        break
      }
      case END:
        break
      case START:
        cause = processes.birth[process]
        break
      case SPAWN:
        result = this.#spawn(process, depth)
        break
      case JOIN:
        cause = processes.end[this.a[process] as number]
        processes.uncaught &= ~(1 << (this.a[process] as number))
        break
      case PAUSE:
        if ((processes.paused >> process) & 1) {
          processes.idle++
          processes.paused &= ~(1 << process)
          processes.time[process]++
          woken = 1
        }
        break
      case KILL:
        cause = processes.birth[process]
        touches = this.#beforeKill(process)
        break
      default:
        result = memory.read(at, cell)
        memory.modify(kind, at, cell, result, this.a[process])
    }
    this.#results[depth] = result
    this.#record(process, kind, touches, cause, orderCause === -2 ? cause : orderCause, asleep, refused)
    if (kind === NOTIFY || kind === PAUSE) events.chosen[depth] = woken
    if ((touches & WROTE) !== 0) this.#written(process, at, cell)
    if (kind === KILL) this.#kill(process, depth)
    this.recorder?.step(this, process, depth, result)
    return result
  }

  /**
   * Repeats a step of the prefix. Its effects on memory are already there; the state kept per process is updated here.
   */
  #again(process: number, depth: number): Value {
    const { events } = this
    const kind = this.kind[process]
    if (events.kind[depth] !== kind) throw notDeterministic()
    if (kind !== KILL && events.touches[depth] !== 0 && events.at[depth] !== this.at[process]) throw notDeterministic()
    events.addRepeated(process)
    const result = this.#results[depth]
    if (kind > XOR) this.#followUp(process, kind, depth, result as number)
    return result
  }

  #followUp(process: number, kind: number, depth: number, result: number): void {
    const { processes } = this
    switch (kind) {
      case NOTIFY:
        for (let rest = this.events.chosen[depth]; rest !== 0; rest &= rest - 1)
          processes.woken[lowestProcess(rest)] = depth
        break
      case WAIT:
        if (result === OK) this.kind[process] = WAKE
        break
      case WAIT_ASYNC:
        if (result === OK) watcherOf(this, process)
        break
      case WAKE:
        if (result === TIMED_OUT) advanceByTimeout(this, process)
        break
      case SPAWN:
        this.names.child(process)
        this.#ready(result, THREAD)
        processes.time[result] = processes.time[process]
        break
      case PAUSE:
        processes.time[process] += this.events.chosen[depth]
        break
      case KILL:
        if (this.reaped) this.#ready(this.names.nameReaper(processes.victim[process]), REAPER)
    }
  }

  /** Makes a choice of the program among `n` values. This is not a scheduling point. */
  choose(process: number, n: number): number {
    const depth = this.events.length
    if (depth >= this.limit) {
      this.fail({ verdict: 'livelock', process })
      return 0
    }
    const forced = depth < this.tree.prefix
    if (forced && (this.tree.chosen[depth] >= n || (this.tree.choices[depth] !== n && this.prefixLength > depth)))
      throw notDeterministic()
    this.tree.choices[depth] = n
    const value = forced ? this.tree.chosen[depth] : this.strategy.choose(this, depth, process, n)
    if (depth >= this.prefixLength) {
      this.#save(depth)
      const event = this.events.choose(process, value)
      if (this.strategy.ordered) {
        this.events.fillOrderClock(event, -1)
        this.tree.sleep[depth + 1] = this.tree.sleep[depth]
      }
      if (this.plain.raceDetectionEnabled) this.events.fillSyncClock(event, -1, 0)
    } else this.events.addRepeated(process)
    this.recorder?.step(this, process, depth, value)
    return value
  }

  /** Records that the body of the thread has returned or thrown. */
  finish(process: number, threw: boolean, error: unknown): void {
    const { repeats } = this
    if (!repeats) {
      if (this.processes.hasEnded(process)) return
      this.#ended(process, this.events.last[process])
    }
    if (!threw) return
    this.thrown[process] = error
    this.#threw |= 1 << process
    if (!repeats) this.processes.uncaught |= 1 << process
    if (process === 0 || error instanceof ModelError) this.fail({ verdict: 'threw', process, error })
  }

  /** Returns true if the thread may still be killed, so that its end must be a step. */
  mayDie(process: number): boolean {
    const death = this.names.deathOf(process)
    return death >= 0 && ((this.processes.born >> death) & 1) === 1 && this.events.last[death] < 0
  }

  /** Returns true if the thread has thrown. */
  threw(process: number): boolean {
    return ((this.#threw >> process) & 1) === 1
  }

  /** Returns the virtual time of the thread, in milliseconds. */
  timeOf(process: number): number {
    return this.plain.recorded(this.processes.time[process])
  }

  /** Allocates a buffer. The n-th buffer of a size that a thread allocates has the same address in every execution. */
  allocate(process: number, bytes: number): number {
    const at = this.names.buffer(process, bytes)
    this.growTo(at + bytes)
    return at
  }

  /** Makes memory large enough for a cell. Throws if the address is invalid or unaligned. */
  checkCell(at: number, cell: number): void {
    const bytes = BYTES[cell]
    if (!(at >= 0) || at % bytes !== 0) {
      throw new ModelError(
        'option',
        `Address ${at} is not aligned for a cell of ${bytes} bytes. Use a multiple of ${bytes}.`,
      )
    }
    this.growTo(at + bytes)
  }

  /** Makes memory large enough for addresses below `end`. */
  override growTo(end: number): void {
    if (end <= this.memory.size) return
    this.memory.grow(end)
    if (this.plain.raceDetectionEnabled) this.#ground.shadow.grow(this.memory.size)
  }

  /** Decides the outcome when no process can run: finished if only sleeping watchers of `waitAsync` are left. */
  #settle(): void {
    const { born, ended, deaths, uncaught, role } = this.processes
    for (let rest = born & ~ended & ~deaths; rest !== 0; rest &= rest - 1) {
      const process = lowestProcess(rest)
      if (role[process] === WATCHER && this.kind[process] === WAKE) continue
      return this.fail({ verdict: hasLostWakeUp(this) ? 'lost wake-up' : 'deadlock', process })
    }
    if (uncaught !== 0) {
      const process = lowestProcess(uncaught)
      return this.fail({ verdict: 'threw', process, error: this.thrown[process] })
    }
    this.over = 'finished'
  }

  #birth(process: number, role: number, victim: number, event: number): void {
    this.processes.add(process, role, victim, event)
    this.#ready(process, role)
  }

  /** Resets the state kept per process before its first step. */
  #ready(process: number, role: number): void {
    this.processes.timeouts[process] = 0
    this.processes.time[process] = 0
    this.kind[process] = role === DEATH ? KILL : START
  }

  #spawn(process: number, depth: number): number {
    const child = this.names.child(process)
    this.#birth(child, THREAD, 0, depth)
    this.processes.time[child] = this.processes.time[process]
    return child
  }

  /** Decides whether the spawned thread may die in this execution. */
  decideDeath(parent: number, child: number): void {
    if (this.#doomed >= this.kills) return
    this.decidesDeath = true
    const dies = this.choose(parent, 2) === 1
    this.decidesDeath = false
    if (!dies) return
    this.#doomed++
    const death = this.names.nameDeath(child)
    if (this.repeats) this.#ready(death, DEATH)
    else this.#birth(death, DEATH, child, this.events.length - 1)
  }

  #ended(process: number, event: number): void {
    const { processes } = this
    processes.remove(process, event)
    for (let rest = processes.born & ~processes.ended; rest !== 0; rest &= rest - 1) {
      const p = lowestProcess(rest)
      if (this.kind[p] === JOIN && this.a[p] === process) processes.ready |= 1 << p
    }
  }

  /** Returns the effect of a death: it touches the wait queue in which its victim sleeps, if any. */
  #beforeKill(process: number): number {
    const victim = this.processes.victim[process]
    if (!this.processes.isAsleep(victim)) return 0
    this.at[process] = this.at[victim]
    this.cell[process] = this.cell[victim]
    return QUEUE
  }

  #kill(process: number, depth: number): void {
    const { processes } = this
    const victim = processes.victim[process]
    processes.remove(process, depth)
    if (processes.hasEnded(victim)) return
    this.#ended(victim, depth)
    if (this.reaped) this.#birth(this.names.nameReaper(victim), REAPER, victim, depth)
  }

  /** Saves the state before a new step. */
  #save(depth: number): void {
    const { tape } = this.plain
    if (depth === this.prefixLength && !tape.isAtEnd) throw notDeterministic()
    this.processes.save(depth, this.memory.written, tape.length)
  }

  #record(
    process: number,
    kind: number,
    touches: number,
    cause: number,
    orderCause: number,
    asleep: number,
    refused: number,
  ): void {
    const { events, plain } = this
    const at = this.at[process]
    const bytes = BYTES[this.cell[process]]
    const mask = touches === 0 ? 0 : maskOf(at, bytes)
    const event = events.add(process, kind, at, touches, mask)
    if (this.strategy.ordered) {
      events.fillOrderClock(event, orderCause)
      if (kind === PAUSE) orderPause(events, this.tree, process, event)
      if (kind === KILL) {
        const victim = this.processes.victim[process]
        orderDeath(this, event, victim, !this.processes.hasEnded(victim))
      }
      // A process that could run only as a last resort may not be able to any more, or may be again. So the sleep set
      // is empty after such a step.
      this.tree.sleep[event + 1] = this.lastResort ? 0 : sleepSetAfter(this, asleep, refused, event)
      if (events.startOver) {
        this.over = 'restart'
        return
      }
      this.strategy.learn(this, event)
    }
    if (!plain.raceDetectionEnabled) return
    plain.step(event, cause, kind === JOIN ? 1 : 0, bytes)
    if (kind !== KILL) return
    const last = events.last[this.processes.victim[process]]
    if (last >= 0) events.synchronizeAfter(event, last, 1)
  }

  /** Resumes the processes that paused after a read of these bytes. */
  #written(process: number, at: number, cell: number): void {
    const { processes } = this
    processes.idle = 0
    if (processes.paused === 0) return
    const slot = at >> 3
    const mask = maskOf(at, BYTES[cell])
    for (let rest = processes.paused & ~(1 << process); rest !== 0; rest &= rest - 1) {
      const p = lowestProcess(rest)
      if (!endsPause(this.events, p, slot, mask)) continue
      processes.paused &= ~(1 << p)
      processes.ready |= 1 << p
    }
  }
}

function sizeOf(set: number): number {
  let size = 0
  for (let rest = set; rest !== 0; rest &= rest - 1) size++
  return size
}
