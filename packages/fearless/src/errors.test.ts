/** The stable properties of errors: each class has a name and a code of its own. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as errors from './errors.ts'

test('each error class has a name and a code of its own', () => {
  const codes = new Map<string, string>()
  for (const [name, constructor] of Object.entries(errors)) {
    const error = Reflect.construct(constructor, ['FL2003', 'text']) as errors.FearlessError
    assert.equal(error.name, name)
    assert.match(error.code, /^FL\d{4}$/)
    assert.equal(codes.get(error.code), undefined, `${error.code} is ${name}'s too`)
    codes.set(error.code, name)
  }
  assert.ok(codes.size > 10)
})
