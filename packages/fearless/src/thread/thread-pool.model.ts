/**
 * The places of a thread pool: spawners, workers that run its threads, and a signal that withdraws one; any of them may
 * die. At most as many threads run as there are places. Each thread runs once or was withdrawn, and none stays in a
 * queue.
 *
 * A worker is the loop of thread/pool/worker.ts without captures and arguments; the supervisor is represented by the
 * reaper.
 */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel, Twin } from '../model/harness/described.ts'
import { world } from '../model/drivers/world.ts'

type Life = typeof import('../model/harness/library-threads.ts')

/** A pool with one place and some threads; the words at `#running` record the history of each thread. */
class Stage {
  readonly life: Life
  readonly pool: number
  readonly records: readonly number[]
  /** How many threads of the pool run now, and how often each has run. */
  readonly #running: number

  constructor(life: Life, threads: number) {
    this.life = life
    life.loadThreadVariables()
    const { core, self, threads: words } = life
    this.#running = core.allocate(self, 128)
    world().fill(this.#running, 0, 128)
    this.pool = core.allocate(self, words.POOL_FIRST + 4)
    world().fill(this.pool, 0, words.POOL_FIRST + 4)
    core.wordStore(this.pool + words.POOL_PLACES, 1)
    core.wordStore(this.pool + words.POOL_WEAKS, 9)
    this.records = Array.from({ length: threads }, () => {
      const thread = core.allocate(self, words.THREAD_BYTES)
      world().fill(thread, 0, words.THREAD_BYTES)
      core.wordStore(thread + words.THREAD_OWNERS, 9)
      core.wordStore(thread + words.THREAD_POOL, this.pool)
      return thread
    })
  }

  #state(thread: number): number {
    return this.life.core.wordLoad(thread + this.life.threads.THREAD_STATE)
  }
  #runs(n: number): number {
    return this.#running + 4 + 4 * n
  }

  spawn(n: number): void {
    const { core, layout, self } = this.life
    core.wordStore(self + layout.SLOT_SPAWNING, this.records[n])
    core.pushThread(self, this.records[n])
  }

  /** Runs at most `most` of the queued threads. */
  work(most: number): void {
    const { core, layout, self, threads } = this.life
    for (let n = 0; n < most; n++) {
      const thread = core.popThread(self)
      if (thread === 0) return
      assertInvariant(world().add(this.#running, 1, 'i32') === 0, 'two threads run in one place')
      world().add(this.#runs(this.records.indexOf(thread)), 1, 'i32')
      world().add(this.#running, -1, 'i32')
      core.finishThread(self, thread, threads.OUTCOME_VALUE)
      core.wordStore(self + layout.SLOT_THREAD, 0)
    }
  }

  /** The first part of `abort` in thread/thread-pool.ts. */
  withdraw(n: number): void {
    const { core, layout, self, threads } = this.life
    if (core.withdrawThread(self, this.records[n]) === 0) return
    core.finishThread(self, this.records[n], threads.OUTCOME_DIED)
    core.wordStore(self + layout.SLOT_SPAWNING, 0)
  }

  /** Runs the remaining threads, and checks the state of all. */
  end(isMortal: boolean): void {
    const { core, layout, threads } = this.life
    core.wordStore(this.#running, 0)
    // A thread that its spawner's death kept out of the queue has been ended, like one that a dead worker ran.
    this.work(9)
    for (const [n, thread] of this.records.entries()) {
      const outcome = core.wordLoad(thread + threads.THREAD_OUTCOME)
      const isDone = this.#state(thread) === threads.THREAD_DONE
      assertInvariant(isDone || (isMortal && outcome === 0 && !this.#isQueued(thread)), 'a thread stays in a queue')
      const runs = world().load(this.#runs(n), 'i32')
      assertInvariant(runs <= 1, 'a thread has run twice')
      assertInvariant(isMortal || outcome === threads.OUTCOME_DIED || runs === 1, 'a thread has ended without running')
    }
    assertInvariant(core.wordLoad(this.pool + threads.POOL_FIRST) === 0, 'a place stays taken')
    assertInvariant(core.wordLoad(this.pool + threads.POOL_QUEUED) === 0, "the length of the pool's queue is wrong")
    assertInvariant(core.wordLoad(layout.RUN_LENGTH) === 0, 'the length of the run queue is wrong')
  }

  #isQueued(thread: number): boolean {
    const { core, layout, threads } = this.life
    for (const head of [layout.RUN_HEAD, this.pool + threads.POOL_HEAD])
      for (let at = core.wordLoad(head); at !== 0; at = core.wordLoad(at + threads.THREAD_NEXT))
        if (at === thread) return true
    return core.wordLoad(this.pool + threads.POOL_FIRST) === thread
  }
}

interface Play {
  readonly preemptions: number
  readonly mortals?: number
}

/** `before` runs alone; then each body runs in a thread of its own. */
function playing(
  name: string,
  threads: number,
  before: (stage: Stage) => void,
  bodies: readonly ((stage: Stage) => void)[],
  { preemptions, mortals = 0 }: Play,
): DescribedModel<Life> {
  return {
    name,
    threads: bodies.length,
    operations: 1,
    preemptions,
    program: life => () => {
      const stage = new Stage(life, threads)
      before(stage)
      life.runThreadsWithDeaths(
        mortals,
        bodies.map(body => () => () => body(stage)),
      )
      stage.end(mortals > 0)
    },
  }
}

const spawnAll = (stage: Stage): void => stage.records.forEach((_, n) => stage.spawn(n))
const twin = (name: string, from: string, to: string): Twin => ({ name, file: 'core/run-queue.ts', from, to })

export default {
  source: 'thread/thread-pool.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...playing(
        'two workers run the threads of a pool with one place',
        3,
        spawnAll,
        [s => s.work(2), s => s.work(2)],
        {
          preemptions: 2,
        },
      ),
      twins: [
        twin(
          'a thread that finishes keeps its place',
          'export function finishThread(self: i32, thread: i32, outcome: i32): void {\n  leavePool(self, thread)\n',
          'export function finishThread(self: i32, thread: i32, outcome: i32): void {\n',
        ),
        twin('a thread that gets a place is not queued', '  enqueue(RUN_HEAD, RUN_TAIL, RUN_LENGTH, next)\n}', '}'),
      ],
    },
    playing(
      'a thread is spawned while another one of its pool finishes',
      2,
      s => s.spawn(0),
      [s => s.spawn(1), s => s.work(2)],
      { preemptions: 3 },
    ),
    {
      ...playing('a thread is withdrawn while a worker takes it', 2, spawnAll, [s => s.withdraw(0), s => s.work(2)], {
        preemptions: 3,
      }),
      twins: [
        twin(
          'a withdrawal does not check whether the thread is still queued',
          'unlink(pool + POOL_HEAD, thread) != 0 || unlink(RUN_HEAD, thread) != 0 ? 1 : 0',
          'unlink(pool + POOL_HEAD, thread) != 0 || unlink(RUN_HEAD, thread) != 2 ? 1 : 0',
        ),
      ],
    },
    playing('a thread that waits for a place is withdrawn', 3, spawnAll, [s => s.withdraw(1), s => s.work(3)], {
      preemptions: 2,
    }),
    playing('a worker that runs a thread of a pool dies', 3, spawnAll, [s => s.work(1), s => s.work(2)], {
      preemptions: 1,
      mortals: 1,
    }),
    playing(
      'a spawner dies',
      3,
      s => s.spawn(0),
      [
        s => {
          s.spawn(1)
          s.spawn(2)
        },
        s => s.work(2),
      ],
      { preemptions: 1, mortals: 1 },
    ),
    {
      ...playing(
        'a thread that withdraws another one dies',
        3,
        spawnAll,
        [s => (s.withdraw(1), s.withdraw(0)), s => s.work(2)],
        {
          preemptions: 1,
          mortals: 1,
        },
      ),
      twins: [
        twin('the pool is not mended', '  if (pool != 0) mendPool(slot, pool)\n', ''),
        twin('the reaper of a withdrawal ends a thread that a worker has taken', '!isUnqueued(pool, own)', 'false'),
      ],
    },
  ],
} satisfies ModelFile<Life>
