/** workerpool on worker threads, all started at once, with a dedicated worker file as its documentation advises. */
import { fileURLToPath } from 'node:url'
import workerpool from 'workerpool'
import { fromPool } from './pool.ts'

const file = fileURLToPath(new URL('./workerpool-thread.ts', import.meta.url))

export default fromPool(threads => {
  const pool = workerpool.pool(file, { workerType: 'thread', minWorkers: threads, maxWorkers: threads })
  return {
    run: async (task, argument, transfer) =>
      await pool.exec(task, [argument], transfer === undefined ? {} : { transfer }),
    stop: async () => await pool.terminate(true),
  }
})
