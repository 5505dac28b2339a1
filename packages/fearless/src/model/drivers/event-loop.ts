/**
 * A driver for asynchronous programs: its main thread is an event loop.
 *
 * The host runs the turns of the loop. Between turns the loop waits in the simulation for the next completion: a timer,
 * or a `waitAsync` that was woken.
 *
 * A word of simulated memory, the bell, counts the completions, and the idle loop sleeps on it. So a wake-up of the
 * loop is an ordinary step, which the search orders against all others. If several completions are ready, the order is
 * a choice.
 */
import { I32 } from '../engine/cell.ts'
import type { Execution } from '../engine/execution.ts'
import { ReplayDriver } from './replay-driver.ts'
import { ADD, LOAD, NOTIFY, TIMED_OUT, WAIT } from '../engine/ops.ts'
import { VirtualTime, type Timer } from '../engine/virtual-time.ts'
import { installWorld, uninstallWorld } from './world.ts'

/** The host's setImmediate, saved before virtual time replaces it. */
const { setImmediate } = globalThis

export class EventLoop extends ReplayDriver {
  readonly #program: () => Promise<unknown>
  readonly #seed: number
  #ready: (() => void)[] = []
  bell = 0

  constructor(execution: Execution, program: () => Promise<unknown>, seed: number) {
    super(execution, () => {})
    this.#program = program
    this.#seed = seed
  }

  /** Runs one execution to its end. */
  override async run(): Promise<void> {
    const { execution } = this
    this.#ready = []
    this.reset()
    const time = new VirtualTime(() => this.now(), this.#seed)
    installWorld(this, this.stateOfThread)
    try {
      this.beginMain()
      this.bell = this.allocate(4)
      time.install()
      const main = new Main(this.#program)
      for (await turn(); !main.settled && execution.over === undefined; await turn()) this.#step(time)
      time.uninstall()
      if (execution.over === undefined) this.endMain(main.threw, main.error)
    } finally {
      time.uninstall()
      uninstallWorld()
    }
  }

  /** Adds `run` to the completions and rings the bell. Called by a simulated thread. */
  readonly postCompletion = (run: () => void): void => {
    const known = this.replaying
    this.step(ADD, this.bell, I32, 1, 0)
    if (!known) this.#ready.push(run)
    this.step(NOTIFY, this.bell, I32, 1, 0)
  }

  /** Waits for the next completion and runs it. */
  #step(time: VirtualTime): void {
    try {
      this.#next(time)()
    } catch (error) {
      if (!this.isUnwinding) this.endMain(true, error)
    }
  }

  #next(time: VirtualTime): () => void {
    for (;;) {
      const rung = this.step(LOAD, this.bell, I32, 0, 0)
      const timers = time.next()
      const now = this.now()
      const due = timers.filter(timer => timer.at <= now)
      const count = this.#ready.length + due.length
      if (count > 0) return this.#take(time, due, count === 1 ? 0 : this.choose(count))
      const ms = timers.length === 0 ? Infinity : timers[0].at - now
      if (this.step(WAIT, this.bell, I32, rung, ms) !== TIMED_OUT) continue
    }
  }

  #take(time: VirtualTime, due: readonly Timer[], nth: number): () => void {
    const { execution } = this
    if (nth < this.#ready.length) {
      execution.recorder?.note(execution, 0, 'continues after a waitAsync')
      return this.#ready.splice(nth, 1)[0]
    }
    const timer = due[nth - this.#ready.length]
    time.remove(timer)
    execution.recorder?.note(execution, 0, `timer ${timer.id} runs at ${timer.at} ms`)
    return timer.run
  }
}

/** The program's promise and its result. */
class Main {
  settled = false
  threw = false
  error: unknown

  constructor(program: () => Promise<unknown>) {
    void this.#watch(program)
  }

  async #watch(program: () => Promise<unknown>): Promise<void> {
    try {
      await program()
    } catch (error) {
      this.threw = true
      this.error = error
    }
    this.settled = true
  }
}

/** Lets the host run all pending microtasks. */
function turn(): Promise<void> {
  return new Promise(done => void setImmediate(done))
}
