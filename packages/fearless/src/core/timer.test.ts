/** Timers: a message is taken once and never early, and a late receiver gets one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MAIN, newBackends, newRandom } from './backends.fixture.ts'

const limit = { timeout: 20_000 }

for (const period of [0, 10]) {
  test(`random receivers of a timer with period ${period} take each message once and never early`, limit, () => {
    const lives = newBackends(4)
    const { core } = lives
    const random = newRandom(period + 1)
    const slots = [MAIN, core.newSlot(MAIN)]
    const timer = core.newTimer(MAIN, 1000, period, 5000)
    let due = 1000
    let now = 990
    for (let step = 0; step < 5000; step++) {
      now += random.below(8)
      const began = now - random.below(20)
      const self = random.pick(slots)
      assert.equal(core.timerDue(self, timer), due)
      assert.equal(core.takeTick(self, timer, now, began), now < due ? NaN : due + 4000)
      if (now >= due) due = period === 0 ? Infinity : Math.max(due, began) + period
    }
    assert.ok(period === 0 ? due === Infinity : due > now)
    lives.same()
  })
}

test('a timer that is never due delivers no message', limit, () => {
  const lives = newBackends(4)
  const { core } = lives
  const timer = core.newTimer(MAIN, Infinity, 0, Infinity)
  assert.equal(core.takeTick(MAIN, timer, 1e15, 0), NaN)
  assert.equal(core.timerDue(MAIN, timer), Infinity)
  lives.same()
})
