/** `par.join`: both functions run, both results are returned, and the panic of the first one wins. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AtomicI32, par } from 'fearless'

function fib(n: number): number {
  if (n < 2) return n
  if (n < 20) return fib(n - 1) + fib(n - 2)
  const [a, b] = par
    .join(
      () => fib(n - 1),
      () => fib(n - 2),
    )
    .wait()
  return a + b
}

describe('par.join', { timeout: 30_000 }, () => {
  it('join returns both results', async () => {
    const word = 'b'
    assert.deepEqual(
      await par.join(
        () => 1,
        () => ({ word }),
      ),
      [1, { word: 'b' }],
    )
    assert.deepEqual(
      par
        .join(
          () => undefined,
          () => null,
        )
        .wait(),
      [undefined, null],
    )
  })
  it('nested joins compute a recursive function', async () => {
    assert.equal(fib(27), 196418)
  })
  it('join runs both functions and throws the error of the first one', async () => {
    const ran = new AtomicI32(0)
    const both = par.join(
      () => {
        ran.fetchAdd(1)
        throw new RangeError('a')
      },
      () => {
        ran.fetchAdd(1)
        throw new TypeError('b')
      },
    )
    await assert.rejects(async () => await both, { name: 'RangeError', message: 'a' })
    assert.equal(ran.load(), 2)
    await assert.rejects(
      async () =>
        await par.join(
          () => 1,
          () => {
            throw new TypeError('b')
          },
        ),
      { name: 'TypeError' },
    )
    assert.throws(
      () =>
        par
          .join(
            () => {
              throw new RangeError('a')
            },
            () => 1,
          )
          .wait(),
      RangeError,
    )
  })
})
