/** Compares the table for tools with the classes of handles that the runtime registers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLASSES } from './api.ts'
import './index.ts'
import { handleClassAt } from './memory/handles/handle.ts'
import * as kinds from './memory/handles/kinds.ts'

test('the classes whose objects a module shares with all threads are those of the table', () => {
  const shared = Object.values(kinds).flatMap(kind => {
    const { name, inModules } = handleClassAt(kind)!
    return inModules === 'shared' ? [name] : []
  })
  const ofTable = [...CLASSES].flatMap(([name, { isStatic }]) => (isStatic ? [name] : []))
  assert.ok(shared.length > 20, `only ${shared.length} classes are shared`)
  assert.deepEqual(ofTable.sort(), shared.sort())
})
