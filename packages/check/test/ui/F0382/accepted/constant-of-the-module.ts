import { move, parIter, thread } from 'fearless'

const config = JSON.parse('{ "factor": 2, "rows": [1] }') as { factor: number; rows: number[] }
const handles = [1, 2].map(() => thread.spawn(move(() => config.factor)))
const own = thread.spawn(move(() => config.rows.length))
for (const handle of handles) console.log(await handle.join())
console.log(await own.join())
const sum = await parIter([2])
  .map(n => n * config.factor)
  .sum()
console.log(sum, config.rows)
