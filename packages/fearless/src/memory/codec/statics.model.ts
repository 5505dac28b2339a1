/**
 * Statics: two threads that evaluate a module get one object, and main drops no object that another thread has found.
 */
import { assertInvariant } from '../../model/harness/core-threads.ts'
import type { ModelFile } from '../../model/harness/described.ts'
import type { StaticKey } from './statics.ts'

type Life = typeof import('../../model/harness/library-threads.ts')

const KIND = 3
const SHARES = 1
const MAIN_RECORD = 64

const keyOf = (module: string, ordinal: number): StaticKey => ({
  evaluation: { module, certain: true, again: false, site: 0, loose: false, made: new Map(), isDone: false },
  site: 7,
  ordinal,
})

export default {
  source: 'memory/codec/statics.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      name: 'two threads evaluate a module that makes two things',
      threads: 2,
      operations: 2,
      program: life => () => {
        const { findStatic, runThreads, publishStatic } = life
        const things: number[][] = [[], []]
        const body = (own: 0 | 1) => () => {
          for (const ordinal of [0, 1]) {
            const key = keyOf('file:///a.mjs', ordinal)
            const made = 128 * (1 + own) + ordinal * 16
            const found = findStatic(key, KIND) ?? publishStatic(key, KIND, made, SHARES, undefined)
            things[own][ordinal] = found?.thing ?? made
          }
        }
        runThreads(body(0), body(1))
        assertInvariant(
          things[0][0] === things[1][0] && things[0][1] === things[1][1],
          `they have ${things.join(' and ')}`,
        )
        assertInvariant(things[0][0] !== things[0][1], 'two things are one')
      },
      twins: [
        {
          name: 'publishes without checking whether another thread has',
          file: 'memory/codec/statics.ts',
          from: 'if (module.seen === seen && Atomics.compareExchange(i32, head, seen, node) === seen) break',
          to: 'if (Atomics.compareExchange(i32, head, seen, node) === seen) break',
        },
        {
          name: 'adds a module without checking whether another thread has',
          file: 'memory/codec/statics.ts',
          from: 'if (cas(STATICS_HEAD, head, added) === head) return added',
          to: 'store(STATICS_HEAD, added)\n    return added',
        },
      ],
    },
    {
      name: 'main ends a static while another thread looks for it',
      threads: 2,
      operations: 2,
      program: life => () => {
        const { findStatic, mayDropStatic, runThreads, publishStatic } = life
        let isEnded = false
        let found: number | undefined
        const [made, another] = [128, 256]
        runThreads(
          () => {
            publishStatic(keyOf('file:///a.mjs', 0), KIND, made, SHARES, MAIN_RECORD)
            isEnded = mayDropStatic(made)
          },
          () => {
            const key = keyOf('file:///a.mjs', 0)
            found = (findStatic(key, KIND) ?? publishStatic(key, KIND, another, SHARES, undefined))?.thing
          },
        )
        assertInvariant(!(isEnded && found === made), 'the other thread has an object that main has dropped')
      },
      twins: [
        {
          name: 'main drops it without an exchange',
          file: 'memory/codec/statics.ts',
          from: 'if (cas(known.node + STATIC_STATE, UNASKED, ENDED) !== UNASKED) return false',
          to: 'if (load(known.node + STATIC_STATE) !== UNASKED) return false\n  store(known.node + STATIC_STATE, ENDED)',
        },
      ],
    },
  ],
} satisfies ModelFile<Life>
