/**
 * Parallel regions: each chunk is run once, by its owner or by a thief; the owner goes on when all are done and sees what
 * the others wrote; the last one who has a reference frees the region; and an owner whose helper dies is told.
 */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'
import { world } from '../model/drivers/world.ts'
import type { Operation, Pending } from '../wait/attempt.ts'
import type { Offer } from './deques.ts'

type Life = typeof import('../model/harness/library-threads.ts')

const newRegion = (life: Life, chunks: number): number =>
  life.regions.newRegion({ chunks, from: 0, length: chunks, firstItem: 0, items: { start: 0 }, packs: false })

/** Runs chunks: each counts in its record how often it was. */
function run(life: Life, { region, from, to }: Offer): void {
  for (let chunk = from; chunk < to; chunk++) {
    const at = life.regions.chunkAt(region, chunk) + life.regions.CHUNK_COUNT
    world().set(at, world().get(at, 'i32') + 1, 'i32')
  }
  life.regions.finishChunks(region, to - from)
}

/** The wait of an owner, as in par/run.ts. */
function over(life: Life, region: number): Operation<true> {
  const { core, regions } = life
  const poll = (): true | Pending => (regions.isOver(region) ? true : life.PENDING)
  return {
    deadline: Infinity,
    tryComplete: poll,
    isReady: () => regions.isOver(region),
    register(waiter) {
      core.registerWaiter(life.self, regions.queueOf(region), waiter)
      return true
    },
    unregister: waiter => core.unregisterWaiter(life.self, waiter) !== 0,
    accept: poll,
  }
}

/** What an owner does: shares the second half, runs the first, takes back what nobody took, and waits. */
function own(life: Life, region: number): void {
  life.deques.offer(region, 1, 2)
  run(life, { region, from: 0, to: 1 })
  for (let mine = life.deques.takeBack(); mine !== undefined; mine = life.deques.takeBack()) {
    run(life, mine)
    life.regions.dropRegion(mine.region)
  }
  life.blockUntil(over(life, region))
}

/** What a helper does with what it has stolen. */
function help(life: Life): void {
  const stolen = life.deques.stealOffer()
  if (stolen === undefined) return
  life.deques.workAt(stolen)
  run(life, stolen)
  life.deques.workAt(undefined)
  life.regions.dropRegion(stolen.region)
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
          own(life, region)
          for (let chunk = 0; chunk < 2; chunk++) {
            const count = world().get(life.regions.chunkAt(region, chunk) + life.regions.CHUNK_COUNT, 'i32')
            assertInvariant(count === 1, `chunk ${chunk} was run ${count} times`)
          }
          world().set(noted, region, 'i32')
          life.regions.leaveRegion(region)
        },
        ...Array.from({ length: helpers }, () => () => help(life)),
      )
      assertInvariant(life.freeBlocks().has(world().get(noted, 'i32')), 'nobody freed the region')
    },
  }
}

const sleeping: DescribedModel<Life> = {
  name: 'an offer wakes a helper that sleeps',
  threads: 2,
  operations: 1,
  program: life => () => {
    life.loadThreadVariables()
    const { core, deques, layout, regions } = life
    const poll = (): true | Pending => {
      const stolen = deques.stealOffer()
      if (stolen === undefined) return life.PENDING
      run(life, stolen)
      regions.dropRegion(stolen.region)
      return true
    }
    life.runThreads(
      () => {
        const region = newRegion(life, 1)
        deques.offer(region, 0, 1)
        life.blockUntil(over(life, region))
        regions.leaveRegion(region)
      },
      () =>
        void life.blockUntil<true>({
          deadline: Infinity,
          tryComplete: poll,
          isReady: deques.anyOffer,
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

/** Either all chunks were run, or the owner is told that a helper has died. */
const dying: DescribedModel<Life> = {
  name: 'a helper dies with a part of a region',
  threads: 2,
  operations: 2,
  program: life => () => {
    life.loadThreadVariables()
    life.runThreadsWithDeaths(1, [
      () => () => help(life),
      () => () => {
        const region = newRegion(life, 2)
        own(life, region)
        if (life.regions.deathIn(region) === undefined) {
          for (let chunk = 0; chunk < 2; chunk++) {
            const count = world().get(life.regions.chunkAt(region, chunk) + life.regions.CHUNK_COUNT, 'i32')
            assertInvariant(count === 1, `chunk ${chunk} was run ${count} times`)
          }
        }
        life.regions.leaveRegion(region)
      },
    ])
    life.freeBlocks()
  },
}

const file = 'par/region.ts'

export default {
  source: file,
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...sharing(1),
      twins: [
        {
          name: 'the last chunk wakes before it counts',
          file,
          from: '  if (Atomics.sub(i32, (region + LEFT) >> 2, count) === count) core.wakeAll(self, queueOf(region))\n',
          to: '  core.wakeAll(self, queueOf(region))\n  Atomics.sub(i32, (region + LEFT) >> 2, count)\n',
        },
        {
          name: 'a reference is dropped in two steps',
          file,
          from: '  if (Atomics.sub(i32, (region + REFERENCES) >> 2, 1) !== 1) return\n',
          to: '  const left = Atomics.load(i32, (region + REFERENCES) >> 2) - 1\n  Atomics.store(i32, (region + REFERENCES) >> 2, left)\n  if (left !== 0) return\n',
        },
        {
          name: 'an offer holds no reference',
          file: 'par/deques.ts',
          from: '  holdRegion(region)\n',
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
          name: 'looks for a sleeper before it offers',
          file: 'par/deques.ts',
          from: '  const deque = ownDeque()\n  holdRegion(region)\n',
          to: '  const deque = ownDeque()\n  core.wakeOne(self, PAR_QUEUE)\n  holdRegion(region)\n  if (deque !== 0) return core.pushBottom(deque, region, from | (to << CHUNK_BITS)) !== 0\n',
        },
      ],
    },
    {
      ...dying,
      preemptions: 1,
      twins: [
        {
          name: 'nobody is told of a death',
          file: 'par/death.ts',
          from: '  for (const region of inHandsOf(slot)) failRegion(region, slot, reason)\n',
          to: '',
        },
      ],
    },
    ...[sharing(1), sharing(2), sleeping, dying].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies ModelFile<Life>
