/** Atomic operations on words and doubles: equal in both backends, and equal to arithmetic modulo the type's size. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MAIN, newBackends, newRandom } from './backends.fixture.ts'

const limit = { timeout: 20_000 }
const SIGN = -0x8000_0000

for (const [name, shift, signed] of [
  ['i32', 0, 1],
  ['u32', 0, 0],
  ['i16', 16, 1],
  ['u16', 16, 0],
  ['i8', 24, 1],
  ['u8', 24, 0],
  ['bool', 31, 0],
] as const) {
  test(`random operations on ${name} have the results of arithmetic modulo its size`, limit, () => {
    const lives = newBackends(4)
    const { core } = lives
    const random = newRandom(shift + signed)
    const at = core.allocate(MAIN, 16)
    const within = (n: number): number => (signed === 1 ? (n << shift) >> shift : ((n << shift) >>> shift) | 0)
    const flip = signed === 1 ? 0 : SIGN
    const order = (n: number): number => (signed === 1 ? n : n >>> 0)
    let value = 0
    core.wordStore(at, 0)
    for (let step = 0; step < 5000; step++) {
      const operand = within(random.pick([0, 1, -1, 2 ** 31 - 1, -(2 ** 31), random.below(2 ** 32) | 0]))
      const before = value
      let answer: number
      switch (random.below(9)) {
        case 0:
          answer = core.wordSwap(at, operand)
          value = operand
          break
        case 1: {
          const expected = random.below(2) === 0 ? value : operand
          answer = core.wordCompareExchange(at, expected, operand)
          if (expected === value) value = operand
          break
        }
        case 2:
          answer = shift === 0 ? core.wordAdd(at, operand) : core.wordAddWithin(at, operand, shift, signed)
          value = within(value + operand)
          break
        case 3:
          answer = core.wordAnd(at, operand)
          value &= operand
          break
        case 4:
          answer = core.wordOr(at, operand)
          value |= operand
          break
        case 5:
          answer = core.wordXor(at, operand)
          value ^= operand
          break
        case 6:
          answer = core.wordNandWithin(at, operand, shift, signed)
          value = within(~(value & operand))
          break
        case 7:
          answer = core.wordMax(at, operand, flip)
          if (order(operand) > order(value)) value = operand
          break
        default:
          answer = core.wordMin(at, operand, flip)
          if (order(operand) < order(value)) value = operand
      }
      assert.equal(answer, before)
      assert.equal(core.wordLoad(at), value)
    }
    lives.same()
  })
}

test('random operations on a double have the expected bits', limit, () => {
  const lives = newBackends(4)
  const { core } = lives
  const random = newRandom(7)
  const at = core.allocate(MAIN, 16)
  const numbers = [0, -0, NaN, 1.5, -1.5, Infinity, -Infinity, 2 ** 53, 5e-324, 1e308]
  let value = 0
  core.floatStore(at, 0)
  for (let step = 0; step < 5000; step++) {
    const operand = random.pick(numbers)
    const before = value
    let answer: number
    switch (random.below(5)) {
      case 0:
        answer = core.floatSwap(at, operand)
        value = operand
        break
      case 1: {
        const expected = random.below(2) === 0 ? value : operand
        answer = core.floatCompareExchange(at, expected, operand)
        if (Object.is(expected, value)) value = operand
        break
      }
      case 2:
        answer = core.floatAdd(at, operand)
        value += operand
        break
      case 3:
        answer = core.floatMax(at, operand)
        if (Number.isNaN(value) ? !Number.isNaN(operand) : operand > value) value = operand
        break
      default:
        answer = core.floatMin(at, operand)
        if (Number.isNaN(value) ? !Number.isNaN(operand) : operand < value) value = operand
    }
    assert.ok(Object.is(answer, before), `the operation returned ${answer}, not ${before}`)
    assert.ok(Object.is(core.floatLoad(at), value), `the memory contains ${core.floatLoad(at)}, not ${value}`)
  }
  lives.same()
})
