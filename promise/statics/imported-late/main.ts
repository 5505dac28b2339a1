// A thread imports a module late, and main even later; both use one lock.
// prints: 2
import { thread } from 'fearless'

await thread
  .spawn(async () => {
    const { total } = await import('./total.ts')
    await total.update(n => n + 1)
  })
  .join()
const { total } = await import('./total.ts')
await total.update(n => n + 1)
console.log(await total.with(n => n))
