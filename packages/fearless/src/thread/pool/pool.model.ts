/**
 * The worker pool and its supervisor as a whole: threads that spawn; workers that boot, idle, run, block, retire and
 * die; and the supervisor that starts and reaps them. Every queued thread runs once in spite of any death, and as many
 * workers run as the limits allow.
 *
 * The messages between them are simulated by an array of words in the heap: each word is a request and a slot. The body
 * of a thread is one of the acts below, because captures and arguments have models of their own.
 */
import { assertInvariant } from '../../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel, Twin } from '../../model/harness/described.ts'
import { threadState, world } from '../../model/drivers/world.ts'
import type { WorkerData, Port, StartedWorker, WorkerOptions } from '../../platform/platform.ts'
import type { SupervisorRequest } from './pool.ts'

type Life = typeof import('../../model/harness/library-threads.ts')

const GROW = 1
/** The bits of a request's serial number, beside the slot of its thread. */
const REQUEST_BITS = 5
const WATCH = 2
const READY = 3
const ENDED = 4
const STOP = 5

/** The act of a thread, in its record in the place of the closure's number. */
const PLAIN = 0
/** Joins the thread whose record is in the place of the exit code. */
const JOINS = 1
/** Ends the worker that takes it. */
const LEAVES = 2
/** Computes until that thread has run, and does not tell the pool that it waits. */
const COMPUTES = 3

interface Own {
  inheritance?: WorkerData
  serve?: (request: SupervisorRequest) => void
}

const own = (): Own => threadState() as Own

class House {
  readonly life: Life
  /**
   * The number of posted requests, of started and of ended workers, and whether the supervisor stopped; then the
   * requests.
   */
  readonly mail: number
  readonly #mortals: number
  readonly #idleMs: number
  readonly #fromJoin: boolean

  /** A pool without workers on a machine with this parallelism; the first `mortals` workers may die. */
  constructor(life: Life, { parallelism, mortals = 0, idleMs = Infinity, fromJoin = false }: Size) {
    this.life = life
    this.#mortals = mortals
    this.#idleMs = idleMs
    this.#fromJoin = fromJoin
    life.loadThreadVariables()
    const { core, layout, platform, self } = life
    this.mail = core.allocate(self, 512)
    world().fill(this.mail, 0, 512)
    core.wordStore(layout.PARALLELISM, parallelism)
    platform.startWorker = options => this.#start(options)
    platform.openPort = () => this.#port
  }

  get #born(): number {
    return this.mail + 4
  }
  get #ended(): number {
    return this.mail + 8
  }
  get #stopped(): number {
    return this.mail + 12
  }
  readonly #ends = new Map<number, (reason: string | undefined) => void>()

  readonly #port: Port & StartedWorker = {
    post: message => {
      const request = message as SupervisorRequest
      if (request.ask === 'grow') this.#post(GROW, (request.slot << REQUEST_BITS) | request.request)
      else if (request.ask === 'watch') this.#post(WATCH, 0)
      else if (request.ask === 'ready') this.#post(READY, request.slot)
      else throw new Error(`a request that this model does not simulate: ${request.ask}`)
    },
    listen() {},
    terminate() {},
  }

  #post(what: number, slot: number): void {
    const at = this.mail + 16 + 4 * world().add(this.mail, 1, 'i32')
    world().store(at, (slot << 3) | what, 'i32')
    world().notify(this.mail, 1)
  }

  #start({ inheritance, onEnd }: WorkerOptions): StartedWorker {
    const begin = (): void => {
      own().inheritance = { ...inheritance, supervisor: this.#port }
      this.life.loadThreadVariables()
    }
    if (inheritance.role === 'supervisor') {
      world().spawn(() => {
        begin()
        this.#supervise()
      }, 'supervisor')
      return this.#port
    }
    const slot = this.life.layout.SLOTS + inheritance.slot * this.life.layout.SLOT_SIZE
    const number = world().add(this.#born, 1, 'i32')
    this.#ends.set(slot, onEnd)
    this.#supply(slot)
    world().spawn(() => {
      begin()
      const isMortal = number < this.#mortals
      if (isMortal && !this.#fromJoin) this.life.enableDeath()
      let thrown: unknown
      try {
        this.#work(number)
      } catch (error) {
        thrown = error
      }
      if (isMortal && this.life.endDeath()) thrown = undefined
      if (thrown !== undefined) throw thrown
      this.#post(ENDED, slot)
      world().add(this.#ended, 1, 'i32')
      world().notify(this.#ended, 1)
    }, `worker ${number}`)
    return this.#port
  }

  /** Gives the slot a waiter in its cache, because the allocator has models of its own. */
  #supply(slot: number): void {
    const { core, self, WAITERS } = this.life
    core.free(slot, core.allocateOfClass(self, WAITERS))
  }

  #supervise(): void {
    const { realm, runLoop, runSupervisor } = this.life
    runSupervisor()
    let read = 0
    let stopped = false
    const serve = (): void => {
      for (;;) {
        const word = world().load(this.mail + 16 + 4 * read, 'i32')
        if (word === 0) break
        const [what, slot] = [word & 7, word >> 3]
        read++
        if (what === STOP) stopped = true
        else if (what === ENDED) this.#ends.get(slot)!(undefined)
        else if (what === READY) own().serve!({ ask: 'ready', slot })
        else if (what === WATCH) own().serve!({ ask: 'watch' })
        else own().serve!({ ask: 'grow', slot: slot >> REQUEST_BITS, request: slot & ((1 << REQUEST_BITS) - 1) })
      }
      if (stopped) return
      const sleep = realm.Atomics.waitAsync(realm.$i32, this.mail >> 2, read)
      if (sleep.async) (sleep.value as { then: (f: () => void) => void }).then(serve)
      else {
        world().pause()
        serve()
      }
    }
    serve()
    runLoop(() => stopped)
    world().store(this.#stopped, 1, 'i32')
    world().notify(this.#stopped, 1)
  }

  /** The loop of `runThreads` in thread/pool/worker.ts, without turns of an event loop. */
  #work(number: number): void {
    const { core, layout, pool, self, threads, waitForThread } = this.life
    pool.requestSupervisor({ ask: 'ready', slot: self })
    for (;;) {
      const thread = core.popThread(self) || waitForThread(number === 0 ? Infinity : this.#idleMs)
      if (thread === 0) return
      const what = core.wordLoad(thread + threads.THREAD_CLOSURE)
      if (what === LEAVES) return
      pool.allowReplacementWorkers()
      if (what === JOINS && this.#fromJoin && number < this.#mortals) this.life.enableDeath()
      if (what === JOINS) this.join(core.wordLoad(thread + threads.THREAD_SPARE))
      else if (what === COMPUTES) {
        world().wait(core.wordLoad(thread + threads.THREAD_SPARE) + threads.THREAD_NAME_LENGTH, 0, Infinity)
      }
      pool.disallowReplacementWorkers()
      world().add(thread + threads.THREAD_NAME_LENGTH, 1, 'i32')
      world().notify(thread + threads.THREAD_NAME_LENGTH, 1)
      core.finishThread(self, thread, threads.OUTCOME_VALUE)
      core.wordStore(self + layout.SLOT_THREAD, 0)
    }
  }

  /** Allocates the record of a thread and does not queue it. */
  record(what = PLAIN, of = 0): number {
    const { core, self, threads } = this.life
    const thread = core.allocate(self, threads.THREAD_BYTES)
    world().fill(thread, 0, threads.THREAD_BYTES)
    core.wordStore(thread + threads.THREAD_OWNERS, 9)
    core.wordStore(thread + threads.THREAD_CLOSURE, what)
    core.wordStore(thread + threads.THREAD_SPARE, of)
    return thread
  }

  /** The last part of `start` in thread/spawn.ts. */
  spawn(thread: number): void {
    const { core, pool, self } = this.life
    if (core.pushThread(self, thread) === 0) pool.startWorkerIfAllowed()
  }

  join(thread: number): void {
    const { PENDING, blockUntil, core, self, threads } = this.life
    const done = (): boolean => core.wordLoad(thread + threads.THREAD_STATE) === threads.THREAD_DONE
    const poll = (): true | typeof PENDING => (done() ? true : PENDING)
    blockUntil({
      tryComplete: poll,
      isReady: done,
      register: waiter => (core.registerWaiter(self, thread + threads.THREAD_JOINING, waiter), true),
      unregister: waiter => core.unregisterWaiter(self, waiter) !== 0,
      accept: poll,
      deadline: Infinity,
    })
  }

  /** Ends all workers, and then the supervisor. */
  close(): void {
    const { core, layout, self } = this.life
    const leave = this.record(LEAVES)
    const endWorkers = (): void => {
      for (;;) {
        const ended = world().load(this.#ended, 'i32')
        if (world().load(this.#born, 'i32') === ended) break
        if (core.wordLoad(layout.RUN_LENGTH) === 0) core.pushThread(self, leave)
        world().wait(this.#ended, ended, Infinity)
      }
      while (core.popThread(self) !== 0);
      core.wordStore(self + layout.SLOT_THREAD, 0)
    }
    endWorkers()
    this.#post(STOP, 0)
    world().wait(this.#stopped, 0, Infinity)
    const buried = world().load(this.#ended, 'i32')
    endWorkers()
    const left = world().load(this.#ended, 'i32') - buried
    const counted = core.wordLoad(layout.WORKERS)
    assertInvariant(
      this.#mortals === 0 ? counted === left : counted <= left,
      'WORKERS counts a worker that does not exist',
    )
  }

  /** How often a thread has run. */
  runs(thread: number): number {
    return this.life.core.wordLoad(thread + this.life.threads.THREAD_NAME_LENGTH)
  }
}

interface Size {
  readonly parallelism: number
  readonly preemptions: number
  readonly mortals?: number
  /** Whether workers may die only after they have begun to join. */
  readonly fromJoin?: boolean
  /** The idle time after which a surplus worker ends; the first worker stays. */
  readonly idleMs?: number
}

/** Main spawns one thread for each act, and joins all of them. */
function spawning(name: string, acts: readonly number[], size: Size): DescribedModel<Life> {
  const { preemptions, mortals = 0 } = size
  return {
    name,
    threads: acts.length + 2,
    operations: 1,
    preemptions,
    program: life => () => {
      const house = new House(life, size)
      const records: number[] = []
      // A thread that waits for another one waits for the one that is spawned after it.
      for (const act of [...acts].reverse()) records.unshift(house.record(act, records[0] ?? 0))
      for (const thread of records) house.spawn(thread)
      for (const thread of records) house.join(thread)
      for (const thread of records) {
        const { core, threads } = life
        const died = core.wordLoad(thread + threads.THREAD_OUTCOME) !== threads.OUTCOME_VALUE
        assertInvariant(
          mortals > 0 ? house.runs(thread) <= 1 : house.runs(thread) === 1 && !died,
          'a thread did not run once',
        )
      }
      house.close()
    },
  }
}

const twin = (name: string, file: string, from: string, to: string): Twin => ({ name, file, from, to })

export default {
  source: 'thread/pool/pool.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...spawning('a thread is spawned while there is no worker', [PLAIN], { parallelism: 1, preemptions: 1 }),
      twins: [
        twin(
          'the spawner that starts the supervisor requests no worker',
          'thread/pool/pool.ts',
          "    return requestSupervisor({ ask: 'grow', slot: self, request })\n",
          '    return\n',
        ),
        twin(
          'WORKERS still counts a worker that has ended',
          'thread/pool/supervisor.ts',
          'state >= REQUESTING_WORKER ? 2 : 1))\n',
          'state >= REQUESTING_WORKER ? 2 : 0))\n',
        ),
      ],
    },
    spawning('two threads are spawned while one may run at a time', [PLAIN, PLAIN], { parallelism: 1, preemptions: 0 }),
    spawning('a thread blocks until the next one has run', [JOINS, PLAIN], { parallelism: 1, preemptions: 0 }),
    {
      ...spawning('a thread computes until the next one has run', [COMPUTES, PLAIN], {
        parallelism: 1,
        preemptions: 0,
      }),
      twins: [
        twin(
          'a spawner that may start no worker does not request that the queue is watched',
          'thread/pool/pool.ts',
          "    requestSupervisor({ ask: 'watch' })\n",
          '',
        ),
      ],
    },
    spawning('two threads compute until the next one has run', [COMPUTES, COMPUTES, PLAIN], {
      parallelism: 1,
      preemptions: 0,
    }),
    {
      ...spawning('a worker dies', [PLAIN], { parallelism: 1, preemptions: 0, mortals: 1 }),
      twins: [
        twin(
          'the supervisor does not reap a dead worker',
          'thread/pool/reaper.ts',
          '  if (id === 0) return\n  attempt(() => mendLatch',
          '  if (id !== 0) core.freeSlot(self, slot)\n  return\n  attempt(() => mendLatch',
        ),
      ],
    },
    {
      ...spawning('a worker dies while a thread is queued', [PLAIN, PLAIN], {
        parallelism: 1,
        preemptions: 0,
        mortals: 1,
      }),
      deep: true,
    },
    {
      ...spawning('a surplus worker ends', [JOINS, PLAIN], {
        parallelism: 1,
        preemptions: 0,
        idleMs: 5000,
      }),
      deep: true,
      twins: [
        twin(
          'a retired worker is subtracted from WORKERS twice',
          'thread/pool/supervisor.ts',
          'state === RETIRED ? 0 :',
          'state === RETIRED ? 1 :',
        ),
      ],
    },
    {
      ...spawning('a worker dies that requests another worker', [JOINS, PLAIN], {
        parallelism: 1,
        preemptions: 0,
        mortals: 1,
        fromJoin: true,
      }),
      deep: true,
    },
  ],
} satisfies ModelFile<Life>
