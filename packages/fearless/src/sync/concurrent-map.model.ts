/**
 * Model of ConcurrentMap: operations on a shard are atomic, also while its table grows. If a thread dies during an
 * operation, the entry keeps its old or its new value.
 */
import { PARALLELISM } from '../core/layout.ts'
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'
import type { ConcurrentMap } from './concurrent-map.ts'

type Life = typeof import('../model/harness/library-threads.ts')

/** Creates a map of four shards with `entries` entries. */
function newMap({ ConcurrentMap, core }: Life, entries: number): ConcurrentMap<number, number> {
  core.wordStore(PARALLELISM, 1)
  const map = new ConcurrentMap<number, number>()
  for (let key = 0; key < entries; key++) map.set(key, key).wait()
  return map
}

const counting: DescribedModel<Life> = {
  name: 'two threads update one entry',
  threads: 2,
  operations: 1,
  program: life => () => {
    life.loadThreadVariables()
    const map = newMap(life, 0)
    const add = (): void => void map.update(7, (count = 0) => count + 1).wait()
    life.runThreads(add, add)
    assertInvariant(map.get(7).wait() === 2, 'a change was lost')
    assertInvariant(map.size === 1, 'the entry exists twice')
  },
}

/** The number of entries at which one more makes a shard grow. */
const FULL = 17

const growing: DescribedModel<Life> = {
  name: 'a shard grows while another thread reads it',
  threads: 2,
  operations: 2,
  preemptions: 2,
  program: life => () => {
    life.loadThreadVariables()
    const map = newMap(life, FULL)
    life.runThreads(
      () => {
        for (let key = FULL; key < FULL + 2; key++) map.set(key, key).wait()
      },
      () => {
        for (let key = FULL; key < FULL + 2; key++) {
          const value = map.get(key).wait()
          assertInvariant(value === undefined || value === key, 'the value is not the one that was set')
          assertInvariant(map.size >= FULL && map.get(key - 2).wait() === key - 2, 'an entry was lost')
        }
      },
    )
    assertInvariant(map.size === FULL + 2, 'an entry was lost')
  },
}

const removing: DescribedModel<Life> = {
  name: 'one thread removes the entry that another updates',
  threads: 2,
  operations: 1,
  program: life => () => {
    life.loadThreadVariables()
    const map = newMap(life, 1)
    const taken = life.core.allocate(life.self, 16)
    life.runThreads(
      () => life.core.wordStore(taken, map.remove(0).wait() ?? -1),
      () => void map.update(0, (value = 10) => value + 1).wait(),
    )
    const [left, had] = [map.get(0).wait(), life.core.wordLoad(taken)]
    assertInvariant(
      (had === 1 && left === undefined) || (had === 0 && left === 11),
      `removed ${had}, but ${left} is in the map`,
    )
    assertInvariant(map.size === (left === undefined ? 0 : 1), 'the size differs from the number of entries')
  },
}

const dying: DescribedModel<Life> = {
  name: 'a thread that changes the map dies',
  threads: 2,
  operations: 2,
  preemptions: 1,
  program: life => () => {
    life.loadThreadVariables()
    const map = newMap(life, 1)
    life.runThreadsWithDeaths(1, [
      () => () => {
        map.set(0, 5).wait()
        map.set(1, 6).wait()
        map.remove(0).wait()
      },
      () => () => {
        const value = map.get(0).wait()
        assertInvariant(
          value === 0 || value === 5 || value === undefined,
          'the value is neither the old nor the new one',
        )
      },
    ])
    const entries = map.entries().wait()
    assertInvariant(entries.length === map.size, 'the size differs from the number of entries')
    for (const [key, value] of entries) {
      assertInvariant(key === 0 ? value === 0 || value === 5 : key === 1 && value === 6, `${key} is ${value}`)
    }
  },
}

export default {
  source: 'sync/concurrent-map.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...counting,
      twins: [
        {
          name: 'a shard is used without its lock',
          file: 'sync/concurrent-map.ts',
          from: '      if (!tryLockShard(this.#shard)) return PENDING\n      const shard',
          to: '      tryLockShard(this.#shard)\n      const shard',
        },
      ],
    },
    {
      ...growing,
      twins: [
        {
          name: 'reading the size accesses a table that may be freed',
          file: 'sync/map-shard.ts',
          from: '  return load(shard + ENTRIES)\n',
          to: '  return i32[(get(shard + TABLE) + TABLE_NODES) >> 2]\n',
        },
      ],
    },
    {
      ...removing,
      twins: [
        {
          name: 'an entry is accessed although the lock was not acquired',
          file: 'sync/map-shard.ts',
          from: '  const locked = core.mutexTry(self, shardLockOf(shard))\n  if (locked !== LOCKED_POISONED) return locked !== 0\n',
          to: '  const locked = core.mutexTry(self, shardLockOf(shard))\n  if (locked !== LOCKED_POISONED) return true\n',
        },
      ],
    },
    {
      ...dying,
      twins: [
        {
          // The entry was visible before its value was stored.
          name: 'a thread can die between an entry and its value',
          file: 'sync/map-shard.ts',
          from: '    fill(node)\n    if (core.tableAdd(self, shard + TABLE, node) !== 0) return\n',
          to: '    if (core.tableAdd(self, shard + TABLE, node) !== 0) return fill(node)\n',
        },
      ],
    },
  ],
} satisfies ModelFile<Life>
