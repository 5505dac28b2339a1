/**
 * The entry of the layers' own models: the library, and threads that have it without having been spawned by it, so that
 * nothing but what is looked at takes part.
 *
 * Each has a slot and a few blocks of its own: the allocator has models of its own, and met by every thread of every
 * model it would multiply what there is to explore.
 */
import { HANDLES, WAITERS, sizeClass } from '../core/alloc.ts'
import { core, self } from '../core/index.ts'
import { SLOTS, SLOT_SIZE } from '../core/layout.ts'
import { Handle } from '../memory/handle.ts'
import { reap } from '../thread/reaper.ts'
import { settle } from './state.ts'
import { threadState, world } from './world.ts'

export * from './library.ts'
export { core, self } from '../core/index.ts'
export * as channels from '../core/channel.ts'
export * as layout from '../core/layout.ts'
export * as queues from '../core/wait-queue.ts'
export { block } from '../wait/park.ts'
export { yieldUntil } from '../wait/yield.ts'
export { thingOf } from '../memory/handle.ts'

const SUPPLY = [WAITERS, HANDLES, sizeClass(16), sizeClass(64), sizeClass(128)]
const EACH = 2

/** Slot by simulated thread. */
const slots = new Map<number, number>()

/** Runs the bodies as threads that have the library, and waits for all. Threads that die are buried by the reaper. */
export function play(...bodies: readonly (() => void)[]): void {
  settle()
  const reaper = newSlot()
  world().onDeath(thread => {
    const slot = slots.get(thread)
    if (slot === undefined) return
    live(reaper)
    reap(slot, undefined)
  })
  const threads = bodies.map(body => {
    const slot = newSlot()
    const thread = world().spawn(() => {
      live(slot)
      body()
    })
    settle()
    slots.set(thread, slot)
    return thread
  })
  for (const thread of threads) world().join(thread)
  settle()
}

function live(slot: number): void {
  threadState().inheritance = { slot: (slot - SLOTS) / SLOT_SIZE, role: 'worker', thread: 0 }
  settle()
}

function newSlot(): number {
  const slot = core.newSlot(self)
  for (const kind of SUPPLY) for (let i = 0; i < EACH; i++) core.release(slot, core.takeThing(self, kind))
  return slot
}

/** Gives a handle away; whoever calls the answer has it. */
export function give<H extends Handle>(handle: H): () => H {
  const { record } = handle
  const kind = handle.constructor as new (record: number) => H
  core.giveHandle(self, record)
  core.handOver(self)
  core.sendHandle(self, record)
  handle.record = 0
  handle.moved = true
  return () => new kind(record)
}
