/** Tests that the model's memory interface of the layers above the core is the core's, with a point of death more. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as core from '../../packages/fearless/src/core/memory.simulated.ts'
import * as layers from '../../packages/fearless/src/model/simulated/layer-memory.ts'

/** The functions that no other thread can observe. */
const READS = new Set('get getByte getFloat leadingZeros load loadFloat multiply pause sameFloat'.split(' '))

test('each function of the core has its counterpart in the layers, and each write is another function', () => {
  assert.deepEqual(Object.keys(layers).sort(), Object.keys(core).sort())
  const above = new Map<string, unknown>(Object.entries(layers))
  for (const [name, f] of Object.entries(core)) assert.equal(above.get(name) === f, READS.has(name), name)
})
