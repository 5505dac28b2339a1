/** The library as the model checker runs it: the same front door, over the simulated platform. */
import { HEAP_BYTES, births } from '../platform/model.ts'
import { reserve } from './model.ts'
import { firstImage } from './state.ts'
import { platform } from '#platform'
import { supervise } from '../thread/supervisor.ts'
import { work } from '../thread/worker.ts'

export * from '../index.ts'
export { settle } from './state.ts'
export { runLoop } from './realm.ts'

births.supervise = supervise
births.live = () => void work(platform.inheritance!.thread)

reserve(HEAP_BYTES, firstImage())
