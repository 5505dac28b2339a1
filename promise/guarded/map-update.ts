// `update` of a ConcurrentMap changes the value.
// prints: 2 1
import { ConcurrentMap } from 'fearless'

const pages = new ConcurrentMap<string, { hits: number; from: string[] }>()
for (const from of ['a', 'b']) {
  await pages.update('/', page => {
    const now = page ?? { hits: 0, from: [] }
    now.hits++
    if (from === 'a') now.from.push(from)
    return now
  })
}
const page = (await pages.get('/'))!
console.log(page.hits, page.from.length)
