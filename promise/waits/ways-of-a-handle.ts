// A handle supports every way to wait.
// prints: 1 2 done 3 true
import { select, sleep, thread } from 'fearless'

const blocked = thread.spawn(() => 1).wait()
const limited = await thread.spawn(() => 2).within(5000)
const chosen = await select({ done: thread.spawn(() => 3), late: sleep(5000) })
const pending = thread.spawn(() => {
  sleep(30).wait()
  return 4
})
const tried = pending.try()
await pending
console.log(blocked, limited, chosen.key, chosen.value, tried === undefined)
