/**
 * What a thread leaves behind in parallel work when it dies: those who wait for chunks in its hands learn of its death,
 * its own regions are wanted by nobody, and a new helper may take its place.
 */
import { PAR_HELPERS, SLOT_EXIT, SLOT_HELPER, SLOT_THREAD } from '../core/layout.ts'
import { i32 } from '../memory/heap.ts'
import { diedError, encodeError } from '../thread/panic.ts'
import { workerDeathHooks } from '../thread/pool/reaper.ts'
import { inHandsOf, takeFromDead } from './deques.ts'
import { buryRegions, dropRegion, ownerOf, regionDied } from './region.ts'

workerDeathHooks.push((slot, reason) => {
  for (const region of inHandsOf(slot)) failRegion(region, slot, reason)
  for (let offer = takeFromDead(slot); offer !== undefined; offer = takeFromDead(slot))
    failRegion(offer.region, slot, reason)
  buryRegions(slot)
  if (i32[(slot + SLOT_HELPER) >> 2] !== 0) Atomics.sub(i32, PAR_HELPERS >> 2, 1)
})

/** Ends the reference that the dead thread had; whoever waits for the region is told why it ends. */
function failRegion(region: number, slot: number, reason: string | undefined): void {
  if (ownerOf(region) !== slot) {
    const why = encodeError(diedError(i32[(slot + SLOT_THREAD) >> 2], i32[(slot + SLOT_EXIT) >> 2], reason))
    if (why !== undefined) regionDied(region, why)
  }
  dropRegion(region)
}
