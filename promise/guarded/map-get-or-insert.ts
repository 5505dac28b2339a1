// A list that `getOrInsert` returned is changed.
// refused by: run TypeError
import { ConcurrentMap } from 'fearless'

const groups = new ConcurrentMap<string, number[]>()
const group = (await groups.getOrInsert('a', () => [])) as number[]
group.push(1)
console.log((await groups.get('a'))!.length)
