import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outcomes, reduced } from '../differential.fixture.ts'
import { program, type Program, type Step } from '../programs.fixture.ts'

/**
 * Whether a program has a data race, found in another way than by clocks: in some state that it can reach, two threads
 * are about to touch the same word, at least one of them by writing and at least one by a plain access.
 *
 * That is the same for programs without compareExchange. One that has written before a store of another thread, and
 * would be refused after it, is never about to write when that thread reads on plainly; but nothing orders its write
 * and that read, which is what JavaScript calls a race.
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

test('a race is reported exactly where two accesses can meet', () => {
  const count = { racy: 0, free: 0 }
  for (let seed = 1; seed <= 8000; seed++) {
    const text = program(
      seed,
      seed % 2 === 0 ? { threads: 2, steps: 5, plain: true } : { threads: 3, steps: 3, plain: true },
    )
    if (text.threads.flat().some(step => step.kind === 'cas')) continue
    const expected = races(text)
    const reported = [...outcomes(text, reduced()).seen].some(outcome => outcome.includes('-> data race'))
    assert.equal(reported, expected, JSON.stringify(text))
    count[expected ? 'racy' : 'free']++
  }
  assert.ok(count.racy > 500 && count.free > 500, JSON.stringify(count))
})
