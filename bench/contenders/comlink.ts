/** comlink over Node's worker threads. It has no pool, so tasks go to its threads round-robin. */
import { Worker } from 'node:worker_threads'
import * as comlink from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import type { TaskName } from './pool.ts'
import { fromPool } from './pool.ts'

type Api = Record<TaskName, (argument: unknown) => Promise<unknown>>

export default fromPool(threads => {
  const workers = Array.from({ length: threads }, () => new Worker(new URL('./comlink-thread.ts', import.meta.url)))
  const apis = workers.map(worker => comlink.wrap(nodeEndpoint(worker)) as unknown as Api)
  let next = 0
  return {
    run: (task, argument, transfer) => {
      const api = apis[next++ % threads]
      return api[task](transfer === undefined ? argument : comlink.transfer(argument, transfer))
    },
    stop: () => Promise.all(workers.map(worker => worker.terminate())),
  }
})
