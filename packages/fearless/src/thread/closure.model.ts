/** Numbers of closures: who is given a number finds the url that another thread has given it to. */
import { expect } from '../model/stage.ts'
import type { Described } from '../model/described.ts'

type Life = typeof import('../model/cast.ts')

export default {
  of: 'thread/closure.ts',
  entry: 'model/cast.ts',
  models: [
    {
      name: 'two threads number a closure each, and look the other one up',
      threads: 2,
      operations: 2,
      program: life => () => {
        const { AtomicI32, numberOf, play, settle, urlOf } = life
        settle()
        const urls = ['file:///a.mjs', 'file:///b.mjs']
        const numbers = urls.map(() => new AtomicI32(0))
        const body = (own: 0 | 1) => () => {
          const other = own === 0 ? 1 : 0
          numbers[own].store(numberOf(urls[own]))
          const number = numbers[other].load()
          if (number !== 0) expect(urlOf(number) === urls[other], `number ${number} is ${urlOf(number)}`)
        }
        play(body(0), body(1))
        for (const i of [0, 1]) expect(urlOf(numbers[i].load()) === urls[i], 'a number is lost')
      },
      twins: [
        {
          name: 'takes a number of its own for the newest it has not seen',
          file: 'thread/closure.ts',
          from: 'node !== urlsSeen;',
          to: 'node !== 0 && !urls.has(i32[(node + 4) >> 2]);',
        },
        {
          name: 'numbers without looking whether another did',
          file: 'thread/closure.ts',
          from: 'if (Atomics.compareExchange(i32, CLOSURES_HEAD >> 2, head, node) !== head) continue',
          to: 'Atomics.store(i32, CLOSURES_HEAD >> 2, node)',
        },
      ],
    },
  ],
} satisfies Described<Life>
