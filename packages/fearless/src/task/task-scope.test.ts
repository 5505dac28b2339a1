import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CancelledError, DroppedError, task, type TaskScope } from 'fearless'

const limit = { timeout: 10_000 }

/** Ends when its signal is aborted, one turn later. */
async function untilAborted(signal: AbortSignal, done: () => void): Promise<void> {
  await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
  await task.yieldNow()
  done()
}

describe('task.scope', limit, () => {
  test('a scope whose function returns waits for its children, and for their children', async () => {
    const ended: string[] = []
    const result = await task.scope(async s => {
      s.spawn(async () => {
        await task.yieldNow()
        s.spawn(async () => {
          await task.yieldNow()
          ended.push('grandchild')
        })
        ended.push('child')
      })
      return 'value'
    })
    assert.equal(result, 'value')
    assert.deepEqual(ended, ['child', 'grandchild'])
  })

  test('a scope whose function throws aborts its children and waits for them', async () => {
    const error = new Error('out')
    let ended = 0
    await assert.rejects(
      task.scope(async s => {
        for (let i = 0; i < 3; i++) s.spawn(signal => untilAborted(signal, () => ended++))
        await task.yieldNow()
        throw error
      }),
      thrown => thrown === error,
    )
    assert.equal(ended, 3)
  })

  test('a child that throws aborts its siblings and makes the scope throw its error', async () => {
    const error = new Error('child')
    let ended = 0
    await assert.rejects(
      task.scope(async s => {
        const sibling = s.spawn(signal => untilAborted(signal, () => ended++))
        s.spawn(async () => {
          await task.yieldNow()
          throw error
        })
        await sibling.join()
      }),
      thrown => thrown === error,
    )
    assert.equal(ended, 1)
  })

  test('the error of a joined child goes to its joiner and does not cancel the scope', async () => {
    const result = await task.scope(async s => {
      const other = s.spawn(async () => {
        await task.yieldNow()
        return 'fine'
      })
      await assert.rejects(
        async () =>
          await s
            .spawn(async () => {
              throw new Error('mine')
            })
            .join(),
        /mine/,
      )
      return await other.join()
    })
    assert.equal(result, 'fine')
  })

  test('a scope waits for an aborted child that does not take its signal', async () => {
    const gate = Promise.withResolvers<void>()
    let over = false
    const end = task
      .scope(async s => {
        s.spawn(() => gate.promise)
        await task.yieldNow()
        throw new Error('out')
      })
      .catch(() => (over = true))
    for (let i = 0; i < 5; i++) await task.yieldNow()
    assert.equal(over, false)
    gate.resolve()
    await end
    assert.equal(over, true)
  })

  test('the signal of a scope is aborted when a child throws', async () => {
    await assert.rejects(
      task.scope(async s => {
        s.spawn(async () => {
          throw new RangeError('child')
        })
        await new Promise<void>(resolve => s.signal.addEventListener('abort', () => resolve()))
        assert.ok(s.signal.reason instanceof CancelledError)
        throw new Error('later')
      }),
      /child/,
    )
  })

  test('a child of a cancelled scope never begins', async () => {
    let began = false
    await task.scope(async s => {
      s.cancel()
      assert.equal(s.signal.aborted, true)
      const child = s.spawn(() => {
        began = true
      })
      await assert.rejects(async () => await child.join(), CancelledError)
    })
    assert.equal(began, false)
  })

  test('spawn in a scope that has ended throws', async () => {
    let kept!: TaskScope
    await task.scope(async s => {
      kept = s
    })
    assert.throws(() => kept.spawn(() => 1), DroppedError)
  })

  test('an outer scope waits for the children of a nested scope', async () => {
    const order: string[] = []
    await task.scope(async outer => {
      outer.spawn(() =>
        task.scope(async inner => {
          inner.spawn(async () => {
            await task.yieldNow()
            order.push('inner child')
          })
        }),
      )
      order.push('outer')
    })
    assert.deepEqual(order, ['outer', 'inner child'])
  })

  test('an aborted task cancels its scope by its signal', async () => {
    let ended = 0
    const handle = task.spawn(signal =>
      task.scope(async s => {
        signal.addEventListener('abort', () => s.cancel())
        s.spawn(own => untilAborted(own, () => ended++))
      }),
    )
    await task.yieldNow()
    handle.abort()
    await assert.rejects(async () => await handle.join(), CancelledError)
    assert.equal(ended, 1)
  })

  test('a hundred thousand children leave no listener behind', async () => {
    const count = await task.scope(async s => {
      let ended = 0
      for (let i = 0; i < 100_000; i++)
        s.spawn(async () => {
          ended++
        })
      await task.yieldNow()
      return ended
    })
    assert.equal(count, 100_000)
  })
})
