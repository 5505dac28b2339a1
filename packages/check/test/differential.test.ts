/** A differential test: rustc and the checker must report the same mistakes of the same values in random functions. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compare, hasRustc } from './oracle/compare.ts'

const skip = hasRustc() ? false : 'rustc is missing: install it from https://rustup.rs to compare'

for (const seed of [1, 2_000_000]) {
  test(`rustc and the checker agree on random functions, seed ${seed}`, { skip, timeout: 120_000 }, () => {
    const { differences, refused, left, functions } = compare(seed, 400)
    assert.deepEqual(differences, [])
    assert.ok(refused > functions / 4, `only ${refused} of ${functions} functions are refused`)
    assert.ok(left < functions / 10, `${left} of ${functions} functions were left out`)
  })
}
