/** Closure numbers: a thread that reads a number finds the URL that another thread has registered under it. */
import { assertInvariant } from '../../model/harness/core-threads.ts'
import type { ModelFile } from '../../model/harness/described.ts'

type Life = typeof import('../../model/harness/library-threads.ts')

export default {
  source: 'thread/closure/closure.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      name: 'two threads number a closure of their own and one in common, and each reads the number of the other',
      threads: 2,
      operations: 3,
      program: life => () => {
        const { AtomicI32, closureNumber, runThreads, loadThreadVariables, closureUrl } = life
        loadThreadVariables()
        const urls = ['file:///a.mjs', 'file:///b.mjs']
        const numbers = urls.map(() => new AtomicI32(0))
        const common = [0, 0]
        const body = (own: 0 | 1) => () => {
          const other = own === 0 ? 1 : 0
          numbers[own].store(closureNumber(urls[own]))
          common[own] = closureNumber('file:///c.mjs')
          const number = numbers[other].load()
          if (number !== 0)
            assertInvariant(closureUrl(number) === urls[other], `number ${number} stands for ${closureUrl(number)}`)
        }
        runThreads(body(0), body(1))
        assertInvariant(common[0] === common[1], 'a URL has two numbers')
        for (const i of [0, 1]) assertInvariant(closureUrl(numbers[i].load()) === urls[i], 'a number is lost')
      },
      twins: [
        {
          name: 'does not check whether another thread has numbered the URL since',
          file: 'memory/interner.ts',
          from: 'const newest = this.#readNewNodes()',
          to: 'const newest = Atomics.load(i32, this.#head)',
        },
        {
          name: 'stores its node without checking whether another thread was first',
          file: 'memory/interner.ts',
          from: 'if (Atomics.compareExchange(i32, this.#head, newest, node) !== newest) continue',
          to: 'Atomics.store(i32, this.#head, node)',
        },
      ],
    },
  ],
} satisfies ModelFile<Life>
