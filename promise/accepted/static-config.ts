// Two threads and a parallel loop read a constant of the module.
// prints: 2 2 4
import { move, parIter, thread } from 'fearless'

const config = JSON.parse('{ "factor": 2 }') as { factor: number }
const handles = [1, 2].map(() => thread.spawn(move(() => config.factor)))
const [a, b] = await Promise.all(handles.map(handle => handle.join()))
console.log(
  a,
  b,
  await parIter([2])
    .map(n => n * config.factor)
    .sum(),
)
