// Threads share a pool of a module: they all run their jobs in its two places.
// prints: 6 2
import { thread } from 'fearless'
import { double, pool } from './pool.ts'

const handles = [0, 1, 2].map(n => thread.spawn((m: number) => double(m), n))
let sum = 0
for (const handle of handles) sum += await handle
while (pool.finished < 3) await thread.sleep(1)
console.log(sum, pool.threads)
