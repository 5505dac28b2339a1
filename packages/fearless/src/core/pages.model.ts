/**
 * A page has one owner and none is lost, also if threads take and return runs at the same time. The same holds if one
 * of them dies at any point: its reaper releases the latch and returns the run that the thread was moving.
 */
import { assertInvariant, newCoreHarness, runThreads, type Core } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'

/** Pages for the runs of a model, plus the sixteen of the reserve. */
const PAGES = 32

function newHeap({ firstWords: { firstWords }, layout, memory }: Core): void {
  const bytes = ((layout.PAGE_TABLE >> layout.PAGE_SHIFT) + 1 + PAGES) << layout.PAGE_SHIFT
  for (const [at, value] of firstWords(bytes)) memory.set(at, value)
}

/** Checks that all pages from HEAP_FIRST to HEAP_END are in free runs or untouched, and that the page table agrees. */
function expectWhole({ layout, memory, pages }: Core): void {
  const end = pages.entryOf(memory.load(layout.HEAP_TOP))
  let free = 0
  let wasFree = false
  for (let run = pages.entryOf(memory.load(layout.HEAP_FIRST)); run < end;) {
    const isFree = memory.get(run + pages.PAGE_KIND) === pages.FREE_RUN
    const count = memory.get(run + pages.PAGE_COUNT)
    assertInvariant(isFree && !wasFree, 'a run is lost, or two neighbouring runs are free')
    const last = run + ((count - 1) << pages.ENTRY_SHIFT)
    assertInvariant(
      memory.get(last + pages.PAGE_KIND) === pages.FREE_RUN,
      'the last entry of a free run has another kind',
    )
    free += count
    wasFree = isFree
    run += count << pages.ENTRY_SHIFT
  }
  assertInvariant(!wasFree, 'a free run ends at the top')
  assertInvariant(memory.load(layout.FREE_PAGES) === free, 'the number of free pages is wrong')
}

/** Each thread holds two runs at a time, with these numbers of pages, and returns the first one first. */
function exchange(...runs: readonly (readonly [number, number])[]): DescribedModel<Core> {
  return {
    name: `runs of ${runs.map(([a, b]) => `${a} and ${b}`).join(', ')} pages`,
    threads: runs.length,
    operations: 4,
    program: core => () => {
      const stage = newCoreHarness(core)
      const { alloc, layout, memory } = core
      newHeap(core)
      const bodies = runs.map((lengths, i) => {
        const self = stage.slot(i + 1)
        return () => {
          const blocks = lengths.map(pages => alloc.allocate(self, pages * layout.PAGE_SIZE))
          for (const block of blocks) {
            assertInvariant(block !== 0, 'the heap is full')
            memory.set(block, self)
          }
          for (const block of blocks) {
            assertInvariant(memory.get(block) === self, 'a page has two owners')
            alloc.free(self, block)
          }
        }
      })
      runThreads(...bodies)
      expectWhole(core)
    },
  }
}

/** A thread dies at any point while it takes and returns two runs, and another thread is its reaper. */
const dying: DescribedModel<Core> = {
  name: 'a thread dies while it moves runs',
  threads: 2,
  operations: 4,
  program: core => () => {
    const stage = newCoreHarness(core)
    const { death, layout, memory, pages } = core
    newHeap(core)
    const [self, other] = [stage.slot(1), stage.slot(2)]
    // Free runs of two lengths with an owned page between them, so that a return merges on both sides or on none.
    const taken = [1, 1, 2, 1].map(count => {
      const run = pages.takeRun(other, count, 1)
      memory.set(other + layout.SLOT_PAGE_RUN, 0)
      return run
    })
    for (const run of [taken[0], taken[2]]) {
      memory.set(other + layout.SLOT_PAGE_RUN, run)
      pages.returnRun(other)
    }
    const moves = (slot: number, counts: readonly number[]) => () => {
      for (const count of counts) if (pages.takeRun(slot, count, 1) !== 0) pages.returnRun(slot)
    }
    const dies = (): void => {
      death.enableDeath()
      try {
        moves(self, [1, 2])()
      } catch (error) {
        if (!death.endDeath()) throw error
        if (memory.load(layout.PAGE_LATCH) === 1) memory.store(layout.PAGE_LATCH, 0)
        const reaper = stage.slot(3)
        pages.returnRunOf(reaper, self)
        return
      }
      death.endDeath()
    }
    runThreads(dies, moves(other, [1]))
    for (const run of [taken[1], taken[3]]) {
      memory.set(other + layout.SLOT_PAGE_RUN, run)
      memory.set(run + pages.PAGE_KIND, pages.DETACHED_RUN)
      pages.returnRun(other)
    }
    expectWhole(core)
    assertInvariant(memory.load(layout.HEAP_TOP) === memory.load(layout.HEAP_FIRST), 'pages are lost')
  },
}

export default {
  source: 'core/pages.ts',
  entry: 'model/harness/core-entry.ts',
  models: [
    {
      ...exchange([3, 4], [3, 3]),
      preemptions: 2,
      twins: [
        {
          name: 'a run is taken without the latch',
          file: 'core/pages.ts',
          from: '  latch(self, PAGE_LATCH)\n  let run: i32 = 0',
          to: '  let run: i32 = 0',
        },
        {
          name: 'a run merges with the next one, which stays in its bin',
          file: 'core/pages.ts',
          from: '  unlinkRun(next, length)\n  set(run + PAGE_COUNT, get',
          to: '  set(run + PAGE_COUNT, get',
        },
      ],
    },
    {
      ...dying,
      preemptions: 2,
      twins: [
        {
          name: 'SLOT_PAGE_RUN is cleared before the run is free',
          file: 'core/pages.ts',
          from: '  const bottom = addressOf(run)\n  if (run +',
          to: '  const bottom = addressOf(run)\n  set(self + SLOT_PAGE_RUN, 0)\n  if (run +',
        },
        {
          name: 'a run is shortened before its rest is free',
          file: 'core/pages.ts',
          from: '  linkRun(run + (pages << ENTRY_SHIFT), rest)\n  set(run + PAGE_COUNT, pages)',
          to: '  set(run + PAGE_COUNT, pages)\n  linkRun(run + (pages << ENTRY_SHIFT), rest)',
        },
      ],
    },
  ],
} satisfies ModelFile<Core>
