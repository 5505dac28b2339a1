import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outcomes, reducedSearch } from '../differential.fixture.ts'
import { randomProgram, type Program, type Step } from '../programs.fixture.ts'

/**
 * An oracle for data races that uses no clocks: a program has a race if, in some reachable state, the next steps of two
 * threads touch the same word, at least one of them writes, and at least one is plain.
 *
 * The two definitions agree for programs without compareExchange. A compareExchange may succeed before another thread's
 * store and fail after it. Then the state with both next steps, its write and that thread's plain read, is unreachable.
 * But happens-before does not order the two, which JavaScript calls a race.
 */
function races({ threads }: Program, at: readonly number[] = threads.map(() => 0), words: Words = {}): boolean {
  const next = threads.map((steps, t) => steps[at[t]])
  for (const [t, a] of next.entries()) {
    for (const b of next.slice(t + 1)) {
      if (a === undefined || b === undefined || !('cell' in a) || !('cell' in b) || a.at !== b.at) continue
      if ((isPlain(a) || isPlain(b)) && (writes(a) || writes(b))) return true
    }
  }
  return next.some((step, t) => {
    if (step === undefined) return false
    const then = at.map((n, other) => (other === t ? n + 1 : n))
    return races({ threads, kills: 0, reaped: false }, then, after(step, words))
  })
}

type Words = Readonly<Record<number, number>>

const isPlain = (step: Step): boolean => step.kind === 'get' || step.kind === 'set'

const writes = (step: Step): boolean => step.kind !== 'load' && step.kind !== 'get'

function after(step: Step, words: Words): Words {
  if (!('cell' in step) || !writes(step)) return words
  const old = words[step.at] ?? 0
  const value = 'value' in step ? step.value : 0
  return { ...words, [step.at]: step.kind === 'add' ? old + value : step.kind === 'xor' ? old ^ value : value }
}

test('a race is reported exactly if two conflicting accesses can be adjacent', () => {
  const count = { racy: 0, free: 0 }
  for (let seed = 1; seed <= 8000; seed++) {
    const text = randomProgram(
      seed,
      seed % 2 === 0 ? { threads: 2, steps: 5, plain: true } : { threads: 3, steps: 3, plain: true },
    )
    if (text.threads.flat().some(step => step.kind === 'cas')) continue
    const expected = races(text)
    const reported = [...outcomes(text, reducedSearch()).seen].some(outcome => outcome.includes('-> data race'))
    assert.equal(reported, expected, JSON.stringify(text))
    count[expected ? 'racy' : 'free']++
  }
  assert.ok(count.racy > 500 && count.free > 500, JSON.stringify(count))
})
