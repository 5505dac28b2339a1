// A value among the entries of a ConcurrentMap is changed.
// refused by: tsc TS2540, run TypeError
import { ConcurrentMap } from 'fearless'

const pages = new ConcurrentMap<string, { hits: number }>()
await pages.set('/', { hits: 0 })
for (const [, page] of await pages.entries()) page.hits = 7
console.log((await pages.get('/'))!.hits)
