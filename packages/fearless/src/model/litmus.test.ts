import assert from 'node:assert/strict'
import { test } from 'node:test'
import { litmusTests, runLitmus } from './litmus.fixture.ts'
import { model } from './model.ts'

const ITERATIONS = 60_000

for (const litmus of litmusTests) {
  test(`${litmus.name}: the machine never shows the outcome that sequential consistency forbids`, async () => {
    const { forbidden, iterations } = await runLitmus(litmus, ITERATIONS)
    assert.equal(forbidden, 0)
    assert.ok(iterations >= ITERATIONS)
  })

  test(`${litmus.name}: the model never shows the outcome that sequential consistency forbids`, () => {
    const seen = new Set<string>()
    const { complete } = model(({ Atomics, Int32Array, thread }) => {
      const words = new Int32Array(2)
      const threads = litmus.threads.map(steps =>
        thread.spawn(() => {
          const read: number[] = []
          for (const step of steps) {
            if (step[0] === 'read') read.push(Atomics.load(words, step[1]))
            else Atomics.store(words, step[1], step[2])
          }
          return read
        }),
      )
      const read = threads.flatMap(t => t.join())
      const final = [Atomics.load(words, 0), Atomics.load(words, 1)]
      assert.ok(!litmus.forbidden(read, final))
      seen.add(`${read.join()} ${final.join()}`)
    })
    assert.ok(complete && seen.size > 1)
  })
}
