// A value is changed after it was set in a ConcurrentMap.
// refused by: check F0382, run MovedError
import { ConcurrentMap } from 'fearless'

const pages = new ConcurrentMap<string, { hits: number }>()
const page = { hits: 0 }
await pages.set('/', page)
page.hits++
console.log((await pages.get('/'))!.hits)
