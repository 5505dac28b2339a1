/**
 * Parallel regions: the owner or a thief runs each chunk once. The owner's wait completes when all chunks are finished,
 * and the owner reads the records that other threads wrote. The last reference frees the region. The death of a helper
 * fails it.
 */
import { assertInvariant } from '../../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../../model/harness/described.ts'
import { world } from '../../model/drivers/world.ts'
import type { Operation, Pending } from '../../wait/operation.ts'
import type { Job } from './jobs.ts'

type Life = typeof import('../../model/harness/library-threads.ts')

const newRegion = (life: Life, chunks: number): number =>
  life.regions.newRegion({ chunks, from: 0, length: chunks, firstItem: 0, items: { start: 0 }, packs: false })

/** Runs chunks. Each counts its runs in its record. */
function run(life: Life, { region, from, to }: Job): void {
  for (let chunk = from; chunk < to; chunk++) {
    const at = life.regions.chunkAt(region, chunk) + life.regions.CHUNK_COUNT
    world().set(at, world().get(at, 'i32') + 1, 'i32')
  }
  life.regions.finishChunks(region, to - from)
}

/** The wait of an owner, as in owner.ts. */
function regionFinished(life: Life, region: number): Operation<true> {
  const { core, regions } = life
  const poll = (): true | Pending => (regions.isFinished(region) ? true : life.PENDING)
  return {
    deadline: Infinity,
    tryComplete: poll,
    isReady: () => regions.isFinished(region),
    register(waiter) {
      core.registerWaiter(life.self, regions.waitQueueOf(region), waiter)
      return true
    },
    unregister: waiter => core.unregisterWaiter(life.self, waiter) !== 0,
    accept: poll,
  }
}

/** An owner: shares all chunks but the first, runs that, pops unstolen jobs, and waits. */
function runAsOwner(life: Life, region: number): void {
  life.jobs.pushJob(region, 1, life.regions.chunksIn(region))
  run(life, { region, from: 0, to: 1 })
  for (let mine = life.jobs.popJob(); mine !== undefined; mine = life.jobs.popJob()) {
    life.jobs.releaseJob(region)
    run(life, mine)
  }
  life.blockUntil(regionFinished(life, region))
}

/** A helper: steals a job, splits off its second chunk, and runs both unless the second is stolen. */
function runAsHelper(life: Life, runJob = run): void {
  const { jobs } = life
  for (let job = jobs.stealJob(); job !== undefined; job = jobs.popJob()) {
    const { region, from, to } = job
    jobs.holdJob(region)
    if (to - from > 1) jobs.pushJob(region, from + 1, to)
    runJob(life, { region, from, to: from + 1 })
    jobs.releaseHeldJob(region)
  }
}

function sharing(helpers: number): DescribedModel<Life> {
  return {
    name: `an owner shares a region with ${helpers === 1 ? 'a helper' : `${helpers} helpers`}`,
    threads: helpers + 1,
    operations: 2,
    program: life => () => {
      life.loadThreadVariables()
      const noted = life.core.allocate(life.self, 16)
      life.runThreads(
        () => {
          const region = newRegion(life, 2)
          runAsOwner(life, region)
          for (let chunk = 0; chunk < 2; chunk++) {
            const count = world().get(life.regions.chunkAt(region, chunk) + life.regions.CHUNK_COUNT, 'i32')
            assertInvariant(count === 1, `chunk ${chunk} was run ${count} times`)
          }
          world().set(noted, region, 'i32')
          life.regions.closeRegion(region)
        },
        ...Array.from({ length: helpers }, () => () => runAsHelper(life)),
      )
      assertInvariant(life.freeBlocks().has(world().get(noted, 'i32')), 'the region was not freed')
    },
  }
}

const sleeping: DescribedModel<Life> = {
  name: 'a pushed job wakes a sleeping helper',
  threads: 2,
  operations: 1,
  program: life => () => {
    life.loadThreadVariables()
    const { core, jobs, layout, regions } = life
    const poll = (): true | Pending => {
      const stolen = jobs.stealJob()
      if (stolen === undefined) return life.PENDING
      run(life, stolen)
      jobs.releaseJob(stolen.region)
      return true
    }
    life.runThreads(
      () => {
        const region = newRegion(life, 1)
        jobs.pushJob(region, 0, 1)
        life.blockUntil(regionFinished(life, region))
        regions.closeRegion(region)
      },
      () =>
        void life.blockUntil<true>({
          deadline: Infinity,
          tryComplete: poll,
          isReady: jobs.anyJob,
          register(waiter) {
            core.registerWaiter(life.self, layout.PAR_QUEUE, waiter)
            return true
          },
          unregister: waiter => core.unregisterWaiter(life.self, waiter) !== 0,
          accept: poll,
        }),
    )
  },
}

/**
 * Either all chunks are run, or the region fails with the death of the helper. The region is freed if the helper dies
 * while it runs a job.
 */
function dying(chunks: number): DescribedModel<Life> {
  return {
    name: chunks === 2 ? 'a helper dies with a job of a region' : 'a helper dies that has split its job',
    threads: 2,
    operations: chunks,
    program: life => () => {
      life.loadThreadVariables()
      const noted = life.core.allocate(life.self, 16)
      const running = noted + 4
      world().set(running, 0, 'i32')
      life.runThreadsWithDeaths(1, [
        () => () =>
          runAsHelper(life, (_, job) => {
            world().set(running, 1, 'i32')
            run(life, job)
            world().set(running, 0, 'i32')
          }),
        () => () => {
          const region = newRegion(life, chunks)
          world().set(noted, region, 'i32')
          runAsOwner(life, region)
          if (life.regions.deathIn(region) === undefined) {
            for (let chunk = 0; chunk < chunks; chunk++) {
              const count = world().get(life.regions.chunkAt(region, chunk) + life.regions.CHUNK_COUNT, 'i32')
              assertInvariant(count === 1, `chunk ${chunk} was run ${count} times`)
            }
          }
          life.regions.closeRegion(region)
        },
      ])
      const free = life.freeBlocks()
      if (world().get(running, 'i32') === 1) {
        assertInvariant(free.has(world().get(noted, 'i32')), 'the region was not freed')
      }
    },
  }
}

/** The address of this thread's deque, which its first push has made. */
function ownDeque(life: Life): number {
  const { layout } = life
  const id = world().get(life.self + layout.SLOT_ID, 'i32')
  return world().get(world().get(layout.PAR_DEQUES, 'i32') + id * 4, 'i32')
}

const wrapping: DescribedModel<Life> = {
  name: "jobs are found across the wrap of a deque's counters",
  threads: 2,
  operations: 2,
  program: life => () => {
    life.loadThreadVariables()
    const { jobs } = life
    const noted = life.core.allocate(life.self, 16)
    life.runThreads(() => {
      const region = newRegion(life, 2)
      world().set(noted, region, 'i32')
      jobs.pushJob(region, 0, 1)
      jobs.releaseJob(jobs.popJob()!.region)
      // The next push takes the bottom across the wrap, the first steal takes the top to it.
      const deque = ownDeque(life)
      for (const counter of [life.deques.TOP, life.deques.BOTTOM]) world().set(deque + counter, 0x7fff_ffff, 'i32')
      assertInvariant(!jobs.anyJob() && jobs.hasNoJobs(), 'an empty deque has jobs')
      jobs.pushJob(region, 0, 1)
      assertInvariant(jobs.anyJob() && !jobs.hasNoJobs(), 'a job was pushed, and the deque is empty')
      jobs.pushJob(region, 1, 2)
    })
    life.runThreads(() => {
      const region = world().get(noted, 'i32')
      for (let chunk = 0; chunk < 2; chunk++) {
        assertInvariant(jobs.anyJob(), `chunk ${chunk} is in no deque`)
        const job = jobs.stealJobOf(region)
        assertInvariant(job?.from === chunk, `chunk ${chunk} was not stolen`)
        jobs.releaseJob(region)
      }
      assertInvariant(!jobs.anyJob(), 'an empty deque has jobs')
    })
  },
}

/**
 * A thread with jobs of two regions, a helper that steals any job, and an owner that steals its own region's job back.
 */
const choosing: DescribedModel<Life> = {
  name: 'a thread steals the jobs of one region while another steals any job',
  threads: 3,
  operations: 2,
  program: life => () => {
    life.loadThreadVariables()
    const { jobs } = life
    const noted = life.core.allocate(life.self, 16)
    life.runThreads(() => {
      for (const at of [noted, noted + 4]) {
        const region = newRegion(life, 1)
        world().set(at, region, 'i32')
        jobs.pushJob(region, 0, 1)
      }
    })
    life.runThreads(
      () => runAsHelper(life),
      () => {
        const region = world().get(noted, 'i32')
        const stolen = jobs.stealJobOf(region)
        assertInvariant(stolen === undefined || stolen.region === region, 'a job of another region was stolen')
        assertInvariant(jobs.popJob() === undefined, 'a job of another region is in the deque of this thread')
        if (stolen === undefined) return
        run(life, stolen)
        jobs.releaseJob(region)
      },
    )
  },
}

/** The reference of a job that an owner steals back ends with the job, not a second time with the owner. */
const takingBack: DescribedModel<Life> = {
  name: 'an owner dies that steals a job back',
  threads: 2,
  operations: 1,
  program: life => () => {
    life.loadThreadVariables()
    const { jobs, regions } = life
    const noted = life.core.allocate(life.self, 16)
    life.runThreadsWithDeaths(1, [
      () => {
        const region = newRegion(life, 1)
        world().set(noted, region, 'i32')
        jobs.pushJob(region, 0, 1)
        return () => {
          const job = jobs.stealJobOf(region)
          if (job !== undefined) jobs.releaseJob(region)
          regions.closeRegion(region)
        }
      },
      () => () => {
        const stolen = jobs.stealJob()
        if (stolen === undefined) return
        jobs.pushJob(stolen.region, stolen.from, stolen.to)
        jobs.releaseJob(stolen.region)
      },
    ])
    const references = world().get(world().get(noted, 'i32') + regions.REFERENCES, 'i32')
    assertInvariant(references >= 0, 'a reference was dropped twice')
    life.freeBlocks()
  },
}

const file = 'par/run/region.ts'

export default {
  source: file,
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...sharing(1),
      twins: [
        {
          name: 'finishing the last chunk notifies before it subtracts',
          file,
          from: '  if (add(region + LEFT, -count) === count) core.wakeAll(self, waitQueueOf(region))\n',
          to: '  core.wakeAll(self, waitQueueOf(region))\n  add(region + LEFT, -count)\n',
        },
        {
          name: 'a reference is dropped in two steps',
          file,
          from: '  if (add(region + REFERENCES, -1) !== 1) return\n',
          to: '  const left = load(region + REFERENCES) - 1\n  store(region + REFERENCES, left)\n  if (left !== 0) return\n',
        },
        {
          name: 'a job holds no reference',
          file: 'par/run/jobs.ts',
          from: '  retainRegion(region)\n',
          to: '',
        },
      ],
    },
    { ...sharing(2), preemptions: 1 },
    {
      ...sleeping,
      preemptions: 2,
      twins: [
        {
          name: 'a push looks for a sleeping helper before the job is in the deque',
          file: 'par/run/jobs.ts',
          from: '  const deque = ownDeque()\n  retainRegion(region)\n',
          to: '  const deque = ownDeque()\n  core.wakeOne(self, PAR_QUEUE)\n  retainRegion(region)\n  if (deque !== 0) return core.pushBottom(deque, region, from | (to << CHUNK_BITS)) !== 0\n',
        },
      ],
    },
    {
      ...dying(2),
      preemptions: 1,
      twins: [
        {
          name: 'the death of a helper does not fail its region',
          file: 'par/run/on-worker-death.ts',
          from: '  for (const region of regionsHeldBy(slot)) {\n    failUnlessOwn(region, slot, reason)\n    dropRegion(region)\n  }\n',
          to: '',
        },
      ],
    },
    {
      ...dying(3),
      preemptions: 1,
      twins: [
        {
          name: 'a popped job is not in the slot of its thread',
          file: 'par/run/jobs.ts',
          from: '  return own !== 0 && core.popBottom(own, self + SLOT_TAKEN_JOB) !== 0 ? takenJob() : undefined\n',
          to: '  const job = own !== 0 && core.popBottom(own, self + SLOT_TAKEN_JOB) !== 0 ? takenJob() : undefined\n  set(self + SLOT_TAKEN_JOB, 0)\n  return job\n',
        },
        {
          name: 'a helper takes a job out of its slot before it holds the job',
          file: 'par/run/jobs.ts',
          from: '  set(self + SLOT_HELPED_REGION, region)\n  set(self + SLOT_TAKEN_JOB, 0)\n',
          to: '  set(self + SLOT_TAKEN_JOB, 0)\n  set(self + SLOT_HELPED_REGION, region)\n',
        },
        {
          name: 'a second job of a dead helper fails the region again',
          file: 'par/run/on-worker-death.ts',
          from: '  if (ownerOf(region) === slot || deathIn(region) !== undefined) return\n',
          to: '  if (ownerOf(region) === slot) return\n',
        },
        {
          name: 'a helper holds no job',
          file: 'par/run/jobs.ts',
          from: '  set(self + SLOT_HELPED_REGION, region)\n',
          to: '',
        },
      ],
    },
    {
      ...wrapping,
      twins: [
        {
          name: 'a deque is empty if its bottom is not above its top',
          file: 'core/deque.ts',
          from: '  return countItems(load(deque + TOP), load(deque + BOTTOM)) <= 0 ? 1 : 0\n',
          to: '  return load(deque + BOTTOM) <= load(deque + TOP) ? 1 : 0\n',
        },
      ],
    },
    {
      ...choosing,
      twins: [
        {
          name: 'a thief compares the region of a job before it steals, in two steps',
          file: 'core/deque.ts',
          from: '  if (wanted != 0 && low != wanted) return STEAL_EMPTY\n',
          to: '  if (wanted != 0 && low != wanted) return STEAL_EMPTY\n  if (wanted != 0) return steal(deque, to, 0)\n',
        },
      ],
    },
    {
      ...takingBack,
      preemptions: 1,
      twins: [
        {
          name: 'a job that an owner has stolen back stays in its slot',
          file: 'par/run/jobs.ts',
          from: '  set(self + SLOT_TAKEN_JOB, 0)\n  dropRegion(region)\n',
          to: '  dropRegion(region)\n',
        },
        {
          name: 'the reference of a job is dropped while the job is in the slot',
          file: 'par/run/jobs.ts',
          from: '  set(self + SLOT_TAKEN_JOB, 0)\n  dropRegion(region)\n',
          to: '  dropRegion(region)\n  set(self + SLOT_TAKEN_JOB, 0)\n',
        },
      ],
    },
    ...[sharing(1), sharing(2), sleeping, dying(2), dying(3)].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies ModelFile<Life>
