import { thread } from 'fearless'

const global = globalThis as { hits?: number }
await thread
  .spawn(() => {
    ;(globalThis as { hits?: number }).hits = 1
  })
  .join()
console.log(global.hits)
