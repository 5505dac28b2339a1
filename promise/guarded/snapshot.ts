// A guarded value is read after the release, and a copy of it is changed.
// prints: 1 2 1
import { Mutex } from 'fearless'

const shared = new Mutex([{ id: 1, tags: ['a'] }])
const found = await shared.with(list => list.find(each => each.id === 1)!)
const copy = structuredClone(found)
copy.tags.push('b')
console.log(found.tags.length, copy.tags.length, await shared.with(list => list[0]!.tags.length))
