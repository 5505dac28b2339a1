/**
 * A part of a map is one thing at a time to all who use it, also while it grows; and of a thread that dies in it, what it
 * was about to change is as before or as after.
 */
import { PARALLELISM } from '../core/layout.ts'
import { expect } from '../model/harness/core-threads.ts'
import type { Described, Model } from '../model/harness/described.ts'
import type { ConcurrentMap } from './concurrent-map.ts'

type Life = typeof import('../model/harness/library-threads.ts')

/** A map in four parts, with as many entries as it has room for before one of them grows. */
function newMap({ ConcurrentMap, core }: Life, entries: number): ConcurrentMap<number, number> {
  core.wordStore(PARALLELISM, 1)
  const map = new ConcurrentMap<number, number>()
  for (let key = 0; key < entries; key++) map.set(key, key).wait()
  return map
}

const counting: Model<Life> = {
  name: 'two change one entry',
  threads: 2,
  operations: 1,
  program: life => () => {
    life.settle()
    const map = newMap(life, 0)
    const add = (): void => void map.update(7, (count = 0) => count + 1).wait()
    life.play(add, add)
    expect(map.get(7).wait() === 2, 'a change was lost')
    expect(map.size === 1, 'it is there twice')
  },
}

/** The next key makes its part grow. */
const FULL = 17

const growing: Model<Life> = {
  name: 'a part grows while another looks into it',
  threads: 2,
  operations: 2,
  preemptions: 2,
  program: life => () => {
    life.settle()
    const map = newMap(life, FULL)
    life.play(
      () => {
        for (let key = FULL; key < FULL + 2; key++) map.set(key, key).wait()
      },
      () => {
        for (let key = FULL; key < FULL + 2; key++) {
          const value = map.get(key).wait()
          expect(value === undefined || value === key, 'not what was set')
          expect(map.size >= FULL && map.get(key - 2).wait() === key - 2, 'an entry is gone')
        }
      },
    )
    expect(map.size === FULL + 2, 'an entry is gone')
  },
}

const removing: Model<Life> = {
  name: 'one removes what another changes',
  threads: 2,
  operations: 1,
  program: life => () => {
    life.settle()
    const map = newMap(life, 1)
    const taken = life.core.allocate(life.self, 16)
    life.play(
      () => life.core.wordStore(taken, map.remove(0).wait() ?? -1),
      () => void map.update(0, (value = 10) => value + 1).wait(),
    )
    const [left, had] = [map.get(0).wait(), life.core.wordLoad(taken)]
    expect((had === 1 && left === undefined) || (had === 0 && left === 11), `took ${had}, ${left} is left`)
    expect(map.size === (left === undefined ? 0 : 1), 'not as many as there are')
  },
}

const dying: Model<Life> = {
  name: 'one that changes it dies',
  threads: 2,
  operations: 2,
  preemptions: 1,
  program: life => () => {
    life.settle()
    const map = newMap(life, 1)
    life.playWith(1, [
      () => () => {
        map.set(0, 5).wait()
        map.set(1, 6).wait()
        map.remove(0).wait()
      },
      () => () => {
        const value = map.get(0).wait()
        expect(value === 0 || value === 5 || value === undefined, 'half a value')
      },
    ])
    const entries = map.entries().wait()
    expect(entries.length === map.size, 'not as many as there are')
    for (const [key, value] of entries) {
      expect(key === 0 ? value === 0 || value === 5 : key === 1 && value === 6, `${key} is ${value}`)
    }
  },
}

export default {
  of: 'sync/concurrent-map.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...counting,
      twins: [
        {
          name: 'is used without its lock',
          file: 'sync/concurrent-map.ts',
          from: '      if (!lock(this.#shard)) return PENDING\n      const shard',
          to: '      lock(this.#shard)\n      const shard',
        },
      ],
    },
    {
      ...growing,
      twins: [
        {
          name: 'who asks for the size looks into a table that may be freed',
          file: 'sync/map-shard.ts',
          from: '  return Atomics.load(i32, (shard + ENTRIES) >> 2)\n',
          to: '  return i32[(i32[(shard + TABLE) >> 2] + TABLE_NODES) >> 2]\n',
        },
      ],
    },
    {
      ...removing,
      twins: [
        {
          name: 'an entry is found before the lock is taken',
          file: 'sync/map-shard.ts',
          from: '  const locked = core.mutexTry(self, lockOf(shard))\n  if (locked !== LOCKED_POISONED) return locked !== 0\n',
          to: '  const locked = core.mutexTry(self, lockOf(shard))\n  if (locked !== LOCKED_POISONED) return true\n',
        },
      ],
    },
    {
      ...dying,
      twins: [
        {
          // An entry was there before its value was.
          name: 'one can die between an entry and its value',
          file: 'sync/map-shard.ts',
          from: '    fill(node)\n    if (core.tableAdd(self, shard + TABLE, node) !== 0) return\n',
          to: '    if (core.tableAdd(self, shard + TABLE, node) !== 0) return fill(node)\n',
        },
      ],
    },
  ],
} satisfies Described<Life>
