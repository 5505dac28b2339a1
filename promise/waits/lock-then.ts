// A guard in the callback of `then` is never released.
// prints or refused: 1
import { Mutex } from 'fearless'

const q = new Mutex(0)
await q.lock().then(g => {
  g.value++
})
console.log(await q.with(v => v))
