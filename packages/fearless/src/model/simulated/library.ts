/** The library as the model checker runs it: the same front door, over the simulated platform. */
import { HEAP_BYTES, births } from '../../platform/simulated.ts'
import { reserve } from '../model.ts'
import { firstImage } from './state.ts'
import { platform } from '#platform'
import { supervise } from '../../thread/pool/supervisor.ts'
import { work } from '../../thread/pool/worker.ts'

export * from '../../index.ts'
export { settle } from './state.ts'
export { runLoop } from './globals.ts'

births.supervise = supervise
// A worker here is for one thread, and has ended with its body. What follows it in the source goes on in a turn of the
// host's, where nobody waits for it: it exits.
births.live = () => void work(platform.inheritance!.thread).catch(() => {})

reserve(HEAP_BYTES, firstImage())
