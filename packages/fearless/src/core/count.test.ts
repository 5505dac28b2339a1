/** Counts of owners: a count of 0 stays 0, and a weak owner belongs to one generation. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GENERATION, OWNER_COUNT } from './count.ts'
import { HANDLE_STATE, HANDLE_OWNER } from './handles.ts'
import { MAIN, newBackends, newRandom } from './backends.fixture.ts'
import { GROUP_BYTES, GROUP_HANDLES, GROUP_QUEUE, GROUP_MEMBERS } from './wait-group.ts'
import { CONDVAR_BYTES, CONDVAR_QUEUE } from './condvar.ts'
import { MUTEX_LOCK } from './mutex.ts'
import { WAITER_STATE, WAITER_WOKEN } from './wait-queue.ts'

const limit = { timeout: 20_000 }

test('random owners and weak owners are counted as a model predicts', limit, () => {
  const lives = newBackends(4)
  const { core, words, poke } = lives
  const random = newRandom(3)
  const owners = core.allocate(MAIN, 16)
  let count = 1
  let generation = 0
  const bits = (): number => Math.imul(generation, GENERATION)
  const join = (): void => {
    assert.equal(core.upgradeOwner(MAIN, 1, owners, owners, (bits() + GENERATION) | 0), 0)
    const record = core.upgradeOwner(MAIN, 1, owners, owners, bits())
    assert.equal(record !== 0, count !== 0)
    if (record === 0) return
    assert.equal(words[(record + HANDLE_OWNER) >> 2], 1)
    core.freeHandle(MAIN, record)
  }
  poke(owners, 1)
  for (let step = 0; step < 5000; step++) {
    switch (random.below(4)) {
      case 0:
        join()
        if (count > 0) count++
        break
      case 1:
        if (count === 0) break
        assert.equal(core.removeOwnerUnlessLast(owners), count === 1 ? 1 : 0)
        if (count > 1) count--
        break
      case 2:
        assert.equal(core.startGeneration(owners), count === 1 ? 1 : 0)
        if (count === 1) generation++
        break
      default:
        assert.equal(core.removeOnlyOwner(owners), count === 1 ? 1 : 0)
        if (count === 1) count = 0
        join()
        if (count === 0) poke(owners, bits() | (count = 1))
        else count++
    }
    assert.equal(words[owners >> 2], bits() | count)
    assert.equal(words[owners >> 2] & OWNER_COUNT, count)
  }
  lives.same()
})

test('a member leaves its group once, by a wait or a drop, and the last one wakes all waiters', limit, () => {
  const lives = newBackends(4)
  const { core, words, poke } = lives
  const group = core.allocate(MAIN, GROUP_BYTES)
  for (let at = 0; at < GROUP_BYTES; at += 4) poke(group + at, 0)
  const handles = [0, 1, 2].map(() => {
    const handle = core.newHandle(MAIN, 1, group, 0)
    core.shareMember(MAIN, group, handle)
    assert.equal(words[(handle + HANDLE_OWNER) >> 2], -2)
    core.adoptHandle(MAIN, handle, 1)
    return handle
  })
  const waiter = lives.waiter(MAIN, 0)
  core.registerWaiter(MAIN, group + GROUP_QUEUE, waiter)
  core.leaveGroup(MAIN, group, handles[0])
  core.leaveGroup(MAIN, group, handles[0])
  assert.equal(words[(handles[0] + HANDLE_STATE) >> 2], 0)
  assert.equal(words[(group + GROUP_MEMBERS) >> 2], 2)
  assert.equal(core.dropMember(MAIN, group, handles[0]), 0)
  assert.equal(core.dropMember(MAIN, group, handles[1]), 0)
  assert.equal(core.isGroupDone(group), 0)
  assert.notEqual(words[(waiter + WAITER_STATE) >> 2], WAITER_WOKEN)
  assert.equal(core.dropMember(MAIN, group, handles[2]), 1)
  assert.equal(core.isGroupDone(group), 1)
  assert.equal(words[(waiter + WAITER_STATE) >> 2], WAITER_WOKEN)
  assert.equal(words[(group + GROUP_HANDLES) >> 2], 0)
  lives.same()
})

test('a waiter of a condition variable is registered before the mutex is released', limit, () => {
  const lives = newBackends(4)
  const { core, words, poke } = lives
  const condvar = core.allocate(MAIN, CONDVAR_BYTES)
  for (let at = 0; at < CONDVAR_BYTES; at += 4) poke(condvar + at, 0)
  const mutex = core.allocateOfClass(MAIN, core.LOCKS)
  for (let at = 0; at < 64; at += 4) poke(mutex + at, 0)
  const waiters = [0, 1, 2].map(() => {
    const waiter = lives.waiter(MAIN, 0)
    assert.equal(core.mutexTry(MAIN, mutex), 1)
    core.condvarWait(MAIN, condvar, waiter, mutex)
    assert.equal(words[(mutex + MUTEX_LOCK) >> 2], 0)
    return waiter
  })
  const woken = (): number => waiters.filter(at => words[(at + WAITER_STATE) >> 2] === WAITER_WOKEN).length
  assert.equal(core.condvarWakeOne(MAIN, condvar), 1)
  assert.equal(woken(), 1)
  assert.equal(core.condvarWakeAll(MAIN, condvar), 2)
  assert.equal(woken(), 3)
  assert.equal(core.condvarWakeOne(MAIN, condvar), 0)
  assert.equal(core.condvarWakeAll(MAIN, condvar), 0)
  assert.equal(core.hasWaiters(condvar + CONDVAR_QUEUE), 0)
  lives.same()
})
