// A sleep is never shorter than its time, blocking or yielding, and other threads run meanwhile.
import { sleep, thread } from 'fearless'

const before = performance.now()
const sleeper = thread.spawn(() => {
  const before = performance.now()
  sleep(30).wait()
  return performance.now() - before >= 30
})
let turns = 0
const counting = setInterval(() => turns++, 1)
await sleep(60)
clearInterval(counting)
console.log(performance.now() - before >= 60, turns > 0) //=> true true
console.log(sleeper.join().wait()) //=> true
const blocked = performance.now()
sleep(20).wait()
console.log(performance.now() - blocked >= 20) //=> true
