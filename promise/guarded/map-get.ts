// A value that a ConcurrentMap returned is changed.
// refused by: tsc TS2540, run TypeError
import { ConcurrentMap } from 'fearless'

const pages = new ConcurrentMap<string, { hits: number }>()
await pages.set('/', { hits: 0 })
;(await pages.get('/'))!.hits++
console.log((await pages.get('/'))!.hits)
