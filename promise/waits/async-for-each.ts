// An async callback of `forEach` is not waited for; the Waits in it are.
// prints: 2
import { Mutex, sleep } from 'fearless'

const m = new Mutex(0)
;[1, 2].forEach(async () => {
  await m.update(n => n + 1)
})
await sleep(20)
console.log(await m.with(n => n))
