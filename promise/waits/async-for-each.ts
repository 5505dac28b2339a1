// `forEach` does not wait for its async callback, which awaits its own Waits.
// prints: 2
import { Mutex, sleep } from 'fearless'

const m = new Mutex(0)
;[1, 2].forEach(async () => {
  await m.update(n => n + 1)
})
await sleep(20)
console.log(await m.with(n => n))
