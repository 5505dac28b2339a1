/**
 * Every adaptor and every consumer gives the result of the same loop over an array, for every size and kind of source.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AtomicI32, ClosureError, PanicError, mpsc, par, parIter, thread } from 'fearless'

const SIZES = [0, 1, 2, 63, 64, 100, 1000, 10_000, 300_000]
const LIMIT = { timeout: 60_000 }

/** Computes long enough that large inputs are shared. */
function work(n: number): number {
  let x = n
  for (let i = 0; i < 30; i++) x = (x * 31 + i) % 1000003
  return x
}

/** Pseudo-random numbers, the same in every run. */
function numbers(length: number): number[] {
  let state = 12345
  return Array.from({ length }, () => (state = (state * 1103515245 + 12345) % 2147483648) % 1000)
}

const even = (n: number) => n % 2 === 0

describe('parIter', LIMIT, () => {
  for (const size of SIZES) {
    const list = numbers(size)
    const mixed = list.map((n, i) => (i % 7 === 0 ? { n, s: `n${n}` } : i % 7 === 1 ? `s${n}` : n + 0.5))

    it(`adaptors and consumers give the results of a loop over ${size} numbers`, async () => {
      const items = parIter(list).map(n => work(n))
      const all = list.map(work)
      assert.deepEqual(await items.collect(), all)
      assert.deepEqual(
        items
          .filter(n => n % 3 === 0)
          .collect()
          .wait(),
        all.filter(n => n % 3 === 0),
      )
      assert.equal(
        await items.sum(),
        all.reduce((a, b) => a + b, 0),
      )
      assert.equal(await items.filter(n => n % 2 === 0).count(), all.filter(even).length)
      assert.equal(await items.min(), all.length === 0 ? undefined : all.reduce((a, b) => Math.min(a, b)))
      assert.equal(await items.max(), all.length === 0 ? undefined : all.reduce((a, b) => Math.max(a, b)))
      assert.equal(
        await items.reduce(0, (a, b) => (a + b) % 1009),
        all.reduce((a, b) => (a + b) % 1009, 0),
      )
      assert.equal(
        await items.reduce(
          () => 0,
          (a, b) => Math.max(a, b),
        ),
        all.reduce((a, b) => Math.max(a, b), 0),
      )
      assert.deepEqual(
        await items.flatMap(n => (n % 2 === 0 ? [n, -n] : [])).collect(),
        all.flatMap(n => (n % 2 === 0 ? [n, -n] : [])),
      )
      assert.equal(
        await items
          .flatMap(n => [n, n])
          .filter(n => n % 5 === 0)
          .count(),
        all.flatMap(n => [n, n]).filter(n => n % 5 === 0).length,
      )
      assert.equal(await items.any(n => n === -1), false)
      assert.equal(await items.all(n => n >= 0), true)
      assert.equal(
        await items.find(n => n % 10 === 3),
        all.find(n => n % 10 === 3),
      )
      const some = await items.findAny(n => n % 10 === 3)
      assert.ok(some === undefined ? all.every(n => n % 10 !== 3) : some % 10 === 3)
      assert.equal(
        await items.fold(0, (a, n) => a + n).sum(),
        all.reduce((a, b) => a + b, 0),
      )
      assert.equal(await items.forEach(() => {}), undefined)
      assert.equal(
        items
          .inspect(() => {})
          .count()
          .try(),
        size,
      )
    })

    it(`collect keeps the order of ${size} objects and strings`, async () => {
      assert.deepEqual(await parIter(mixed).collect(), mixed)
      const wrap = await parIter(list)
        .map(n => ({ n: work(n) }))
        .collect()
      assert.deepEqual(
        wrap,
        list.map(n => ({ n: work(n) })),
      )
      const back = await parIter(wrap)
        .map(o => work(o.n))
        .filter(n => n % 2 === 1)
        .map(n => `${n}`)
        .collect()
      assert.deepEqual(
        back,
        list.map(n => `${work(work(n))}`).filter(s => Number(s) % 2 === 1),
      )
      assert.deepEqual(
        await parIter(list)
          .map(n => (work(n) % 4 === 0 ? `${n}` : n))
          .collect(),
        list.map(n => (work(n) % 4 === 0 ? `${n}` : n)),
      )
    })

    it(`ranges and typed arrays of ${size} items give the results of a loop`, async () => {
      const range = Array.from({ length: size }, (_, i) => i - 5)
      assert.deepEqual(
        await parIter(par.range(-5, size - 5))
          .map(n => work(n))
          .collect(),
        range.map(work),
      )
      for (const make of [Float64Array, Int32Array, Uint8Array, Float32Array, Uint32Array, Int16Array]) {
        const typed = make.from(list)
        assert.deepEqual(
          await parIter(typed as Float64Array)
            .map(n => work(n))
            .collect(),
          [...typed].map(work),
          make.name,
        )
      }
      const big = BigInt64Array.from(list, n => BigInt(n))
      assert.equal(
        await parIter(big)
          .map(n => n * 2n + BigInt(work(1) * 0))
          .sum(),
        size === 0 ? 0 : big.reduce((a, b) => a + b * 2n, 0n),
      )
    })
  }

  it('parIter accepts every iterable', async () => {
    assert.equal(await parIter(new Set([1, 2, 2, 3])).sum(), 6)
    assert.deepEqual(await parIter(new Map([['a', 1]])).collect(), [['a', 1]])
    assert.deepEqual(await parIter('abc').collect(), ['a', 'b', 'c'])
  })

  it('minBy returns the first of equal items and maxBy the last one, as in Rust', async () => {
    const rows = numbers(50_000).map((n, id) => ({ n, id }))
    const best = (f: (a: (typeof rows)[0], b: (typeof rows)[0]) => boolean) => rows.reduce((a, b) => (f(a, b) ? b : a))
    assert.deepEqual(
      parIter(rows)
        .minBy((a, b) => work(a.n) * 0 + a.n - b.n)
        .wait(),
      best((a, b) => b.n < a.n),
    )
    assert.deepEqual(
      parIter(rows)
        .maxBy((a, b) => work(a.n) * 0 + a.n - b.n)
        .wait(),
      best((a, b) => b.n >= a.n),
    )
  })

  it('find returns the first match in order at every position', async () => {
    for (const at of [0, 1, 5000, 149_999, 150_000, 299_999]) {
      assert.equal(
        await parIter(par.range(0, 300_000))
          .filter(n => work(n) >= 0)
          .find(n => n >= at),
        at,
      )
    }
  })

  it('fold gives every chunk an initial value of its own', async () => {
    const lists = await parIter(par.range(0, 20_000))
      .fold([] as number[], (to, n) => {
        to.push(work(n))
        return to
      })
      .collect()
    assert.deepEqual(
      lists.flat(),
      Array.from({ length: 20_000 }, (_, n) => work(n)),
    )
    assert.deepEqual(
      await parIter([] as number[])
        .fold(7, (a, b) => a + b)
        .collect(),
      [7],
    )
  })

  it('collect keeps doubles, -0, NaN and holes unchanged', async () => {
    const odd = [-0, NaN, Infinity, 1.5, -1, 2 ** 31, 2 ** 53]
    const many = Array.from({ length: 70_000 }, (_, i) => odd[i % odd.length])
    const same = await parIter(many)
      .map(n => {
        work(1)
        return n
      })
      .collect()
    assert.ok(same.every((n, i) => Object.is(n, many[i])))
    const holes = await parIter(new Array<number | undefined>(1000))
      .map(n => n === undefined)
      .collect()
    assert.ok(holes.length === 1000 && holes.every(Boolean))
  })

  it('functions get the exact doubles of a typed array, also if a chunk begins with whole numbers', async () => {
    const odd = [0, 7, -0, NaN, 1.5, -1, 2 ** 31, -(2 ** 53), Infinity]
    const many = Float64Array.from({ length: 9000 }, (_, i) => (i % 7 === 0 ? i : odd[i % odd.length]))
    const same = await parIter(many)
      .map(n => n)
      .collect()
    assert.equal(same.length, many.length)
    for (const [i, n] of same.entries()) assert.ok(Object.is(n, many[i]), `${n} in the place of ${many[i]} at ${i}`)
    const halves = await parIter(many)
      .filter(n => Object.is(n, -0) || n > 1)
      .map(n => 1 / n)
      .collect()
    assert.deepEqual(
      halves,
      [...many].filter(n => Object.is(n, -0) || n > 1).map(n => 1 / n),
    )
  })

  it('sum of no items or of negative zeros is 0', async () => {
    for (const length of [0, 1, 1000]) {
      assert.ok(Object.is(await parIter(new Float64Array(length).fill(-0)).sum(), 0))
    }
    assert.equal(await parIter(Array.from({ length: 500 }, (_, i) => BigInt(i))).sum(), 124_750n)
  })

  it('the work runs on several threads with captured values', async () => {
    const add = 3
    const table = { base: 10 }
    for (const end = performance.now() + 30_000; performance.now() < end;) {
      const ids = await parIter(par.range(0, 20_000))
        .map(n => work(n) * 0 + add + table.base)
        .collect()
      assert.ok(ids.length === 20_000 && ids.every(n => n === 13))
      const threads = new Set(
        await parIter(par.range(0, 2000))
          .map(n => {
            for (let i = 0; i < 30; i++) work(n)
            return thread.current().id
          })
          .collect(),
      )
      if (threads.size > 1 || par.currentNumThreads() === 1) return
    }
    assert.fail('only one thread ever took part')
  })

  it('every wait runs the work again, also many at a time', async () => {
    const items = parIter(par.range(0, 30_000)).map(n => work(n))
    const sum = items.sum()
    const expected = await sum
    assert.equal(await sum, expected)
    const sums = await Promise.all(Array.from({ length: 20 }, () => items.sum()))
    assert.ok(sums.every(n => n === expected))
  })

  it('parallel iterators nest and run inside threads', async () => {
    const sums = await parIter(par.range(0, 300))
      .map(n =>
        parIter(par.range(0, 300))
          .map(m => work(n + m))
          .sum()
          .wait(),
      )
      .collect()
    const one = (n: number) => Array.from({ length: 300 }, (_, m) => work(n + m)).reduce((a, b) => a + b, 0)
    assert.deepEqual(
      sums,
      Array.from({ length: 300 }, (_, n) => one(n)),
    )
    const handles = [1, 2, 3].map(k =>
      thread.spawn(
        (k: number) =>
          parIter(par.range(0, 50_000))
            .map(n => work(n * k))
            .sum()
            .wait(),
        k,
      ),
    )
    for (const [i, handle] of handles.entries()) {
      assert.equal(
        await handle.join(),
        Array.from({ length: 50_000 }, (_, n) => work(n * (i + 1))).reduce((a, b) => a + b, 0),
      )
    }
  })

  it('an awaited parallel iterator lets the event loop serve timers', async () => {
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    await parIter(par.range(0, 3000))
      .map(n => {
        for (let i = 0; i < 300; i++) work(n)
        return n
      })
      .count()
    clearInterval(timer)
    assert.ok(turns >= 3, `${turns} turns`)
  })

  it('a wait throws TimeoutError at its limit', async () => {
    const slow = parIter(par.range(0, 5000)).map(n => {
      for (let i = 0; i < 1000; i++) work(n)
      return n
    })
    await assert.rejects(async () => await slow.sum().within(10), { code: 'FL0005' })
    assert.throws(() => slow.sum().wait(10), { code: 'FL0005' })
    assert.equal(await parIter([1, 2]).sum().within(1000), 3)
  })
})

describe('a panic in parIter', LIMIT, () => {
  it('a panic keeps its class, its properties and its stack', async () => {
    for (const at of [0, 10, 15_000, 19_999]) {
      const panicking = parIter(par.range(0, 20_000)).map(n => {
        if (n === at) throw Object.assign(new RangeError(`no ${n}`), { n })
        return work(n)
      })
      await assert.rejects(
        async () => await panicking.sum(),
        (error: RangeError & { n?: number }) =>
          error instanceof RangeError &&
          error.message === `no ${at}` &&
          error.n === at &&
          /iter\.test\.ts/.test(error.stack!),
      )
      assert.throws(() => panicking.collect().wait(), RangeError)
    }
  })

  it('a thrown value that is not an Error becomes a PanicError', async () => {
    for (const at of [0, 19_999]) {
      const panicking = parIter(par.range(0, 20_000)).filter(n => {
        if (n === at) throw `no ${n}`
        return work(n) >= 0
      })
      await assert.rejects(
        async () => await panicking.count(),
        (error: PanicError) => error instanceof PanicError && error.payload === `no ${at}`,
      )
    }
  })

  it('a panic cancels the remaining chunks', async () => {
    const ran = new AtomicI32(0)
    const panicking = parIter(par.range(0, 200_000)).map(n => {
      ran.fetchAdd(1)
      if (n >= 20_000) throw new Error('enough')
      return work(n)
    })
    await assert.rejects(async () => await panicking.sum(), /enough/)
    assert.ok(ran.load() < 100_000, `${ran.load()} items were run`)
  })

  it('a panic does not affect other runs', async () => {
    for (let round = 0; round < 20; round++) {
      const panicking = parIter(par.range(0, 20_000)).map(n => {
        if (n === 12_345) throw new Error('no')
        return work(n)
      })
      const [bad, good] = await Promise.allSettled([
        panicking.sum(),
        parIter(par.range(0, 20_000))
          .map(n => work(n))
          .count(),
      ])
      assert.equal(bad.status, 'rejected')
      assert.deepEqual(good, { status: 'fulfilled', value: 20_000 })
    }
  })
})

describe('refusals of parIter', LIMIT, () => {
  it('map refuses an async function', () => {
    const iter = parIter([1]) as unknown as { map(f: (n: number) => Promise<number>): unknown }
    assert.throws(
      () => iter.map(async n => n),
      (error: ClosureError) => error instanceof ClosureError && /async/.test(error.message),
    )
  })
  it('sum refuses strings', async () => {
    const words = parIter(['a']) as unknown as { sum(): PromiseLike<number> }
    await assert.rejects(async () => await words.sum(), /`sum` expects numbers or bigints, got "/)
  })
  it('par.range refuses a fraction', () => {
    assert.throws(() => par.range(0, 1.5), RangeError)
  })
  it('a captured Receiver is refused when the work is shared', async () => {
    const [, rx] = mpsc.channel<number>()
    const receiving = parIter(par.range(0, 200_000)).map(n => {
      if (n < 0) rx.recv().wait()
      return work(n) * work(n + 1)
    })
    const rounds = async () => {
      for (let round = 0; round < 200; round++) await receiving.sum()
    }
    await assert.rejects(rounds, { name: 'NotSendError', message: /^This Receiver cannot be shared/ })
  })
})

describe('takeAny', LIMIT, () => {
  const list = numbers(50_000)

  it('takeAny hands on n items in order, or all items if there are fewer', async () => {
    for (const source of [list, list.slice(0, 40), Float64Array.from(list)]) {
      const items = parIter(source as number[])
      for (const n of [0, 1, 3, 39, source.length - 1, source.length, source.length + 1, 0x7fff_ffff]) {
        const expected = Math.min(n, source.length)
        assert.equal(await items.takeAny(n).count(), expected)
        const kept = await items
          .map(x => work(x) * 0 + x)
          .takeAny(n)
          .collect()
        assert.equal(kept.length, expected)
        if (n >= source.length) assert.deepEqual(kept, [...source])
      }
      assert.deepEqual(items.takeAny(5).collect().try(), Array.from(source).slice(0, 5))
    }
  })

  it('takeAny keeps the order of its items', async () => {
    const taken = await parIter(par.range(0, 300_000))
      .filter(n => work(n) % 3 > 0)
      .takeAny(10_000)
      .collect()
    assert.equal(taken.length, 10_000)
    assert.ok(taken.every((n, i) => i === 0 || taken[i - 1] < n))
  })

  it('takeAny counts separately for each run and for each takeAny of a chain', async () => {
    const few = parIter(list).takeAny(10)
    assert.deepEqual([await few.count(), few.count().wait(), few.count().try()], [10, 10, 10])
    assert.equal(
      await parIter(list)
        .takeAny(20)
        .filter(n => n >= 0)
        .takeAny(7)
        .count(),
      7,
    )
    assert.equal(await parIter(list).takeAny(7).takeAny(20).count(), 7)
    assert.equal(
      await parIter([1, 2])
        .flatMap(n => [n, n, n])
        .takeAny(4)
        .count(),
      4,
    )
    assert.equal(
      await parIter([1, 2])
        .takeAny(1)
        .flatMap(n => [n, n, n])
        .count(),
      3,
    )
    assert.equal(
      await parIter(list)
        .flatMap(n => [n, n, n])
        .takeAny(4)
        .count(),
      4,
    )
    assert.equal(
      await parIter(list)
        .takeAny(9)
        .fold(0, a => a + 1)
        .sum(),
      9,
    )
    assert.ok(
      (await parIter(list)
        .fold(0, a => a + 1)
        .takeAny(2)
        .count()) <= 2,
    )
  })

  it('takeAny ends the work soon after its last item', async () => {
    const seen = new AtomicI32(0)
    assert.equal(
      await parIter(par.range(0, 2e9))
        .inspect(() => {
          seen.fetchAdd(1)
        })
        .takeAny(10)
        .count(),
      10,
    )
    assert.ok(seen.load() < 10_000, `${seen.load()} items were looked at`)
  })

  it('takeAny refuses a limit that is not a whole number from 0 to 2^31 - 1', () => {
    for (const n of [-1, 0.5, NaN, Infinity, 2 ** 31, '3' as never])
      assert.throws(() => parIter(list).takeAny(n), RangeError)
  })
})
