/** The library as the model checker runs it: the public API over the simulated platform. */
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
// A simulated worker runs one thread and ends with the thread's body. The rest of the worker's code, its exit,
// continues in a turn of the host that no simulated thread waits for.
births.live = () => void work(platform.inheritance!.thread).catch(() => {})

reserve(HEAP_BYTES, firstImage())
