// A thread drops the write guard that it acquired.
// prints: 2
import { Arc, RwLock, drop, move, thread } from 'fearless'

const lock = new Arc(new RwLock([1]))
await thread
  .spawn(
    move(() => {
      const g = lock.write().wait()
      g.value.push(2)
      drop(g)
      return 0
    }),
  )
  .join()
console.log(await lock.with(list => list.length))
