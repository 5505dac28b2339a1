/**
 * The reaper's hook for the death of a thread that took part in parallel work.
 *
 * - A region of which the thread held a job fails, because the chunks of the job are lost: its owner throws
 *   `PanicError`.
 * - A region that the thread owned needs no more chunks.
 * - A dead helper leaves its place in the pool to a new one.
 */
import { add, get } from '../../core/memory.ts'
import { PAR_HELPERS, SLOT_EXIT, SLOT_HELPER, SLOT_THREAD } from '../../core/layout.ts'

import { diedError, encodeError } from '../../thread/panic.ts'
import { workerDeathHooks } from '../../thread/pool/reaper.ts'
import { regionsHeldBy, releaseJob, stealFromDead } from './jobs.ts'
import { closeRegionsOf, deathIn, dropRegion, failRegion, ownerOf } from './region.ts'

workerDeathHooks.push((slot, reason) => {
  for (const region of regionsHeldBy(slot)) {
    failUnlessOwn(region, slot, reason)
    dropRegion(region)
  }
  for (let job = stealFromDead(slot); job !== undefined; job = stealFromDead(slot)) {
    failUnlessOwn(job.region, slot, reason)
    releaseJob(job.region)
  }
  closeRegionsOf(slot)
  if (get(slot + SLOT_HELPER) !== 0) add(PAR_HELPERS, -1)
})

/** Fails the region of a job that the dead thread held, if another thread owns the region. An earlier error stays. */
function failUnlessOwn(region: number, slot: number, reason: string | undefined): void {
  if (ownerOf(region) === slot || deathIn(region) !== undefined) return
  failRegion(region, encodeError(diedError(get(slot + SLOT_THREAD), get(slot + SLOT_EXIT), reason)))
}
