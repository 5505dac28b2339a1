// An imported lock gets a local alias that closures move.
// prints: 3
import { move, thread } from 'fearless'
import { total } from './total.ts'

const mine = total
const handles = [1, 2, 3].map(() =>
  thread.spawn(
    move(() => {
      mine.update(n => n + 1).wait()
    }),
  ),
)
for (const handle of handles) await handle.join()
console.log(await total.with(n => n))
