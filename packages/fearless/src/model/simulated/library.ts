/** The library as the model checker runs it: the public API over the simulated platform. */
import { HEAP_BYTES, startHooks } from '../../platform/simulated.ts'
import { reserveHeap } from '../model.ts'
import { recordInitialImage } from './thread-variables.ts'
import { platform } from '#platform'
import { runSupervisor } from '../../thread/pool/supervisor.ts'
import { runWorker } from '../../thread/pool/worker.ts'

export * from '../../index.ts'
export { loadThreadVariables } from './thread-variables.ts'
export { runLoop } from './globals.ts'

startHooks.supervise = runSupervisor
// A simulated worker runs one thread and ends with the thread's body. The rest of the worker's code, its exit,
// continues in a turn of the host that no simulated thread waits for.
startHooks.live = () => void runWorker(platform.inheritance!.thread).catch(() => {})

reserveHeap(HEAP_BYTES, recordInitialImage())
