/** tinypool, with a fixed and warm pool and its default `useAtomics: true`. */
import { fileURLToPath } from 'node:url'
import { Tinypool } from 'tinypool'
import { fromPool } from './pool.ts'

const tasks = fileURLToPath(new URL('../tasks.ts', import.meta.url))
const moving = fileURLToPath(new URL('./tinypool-thread.ts', import.meta.url))

export default fromPool(threads => {
  const pool = new Tinypool({ filename: tasks, minThreads: threads, maxThreads: threads })
  return {
    // `as object`: its type follows Node's newest overload of postMessage, its code the one with a list.
    run: (name, argument, transferList) =>
      transferList === undefined
        ? pool.run(argument, { name })
        : pool.run(argument, { name, transferList: transferList as object, filename: moving }),
    stop: () => pool.destroy(),
  }
})
