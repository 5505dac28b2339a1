// A handle is joined once, after any number of tries.
// prints: 1 2 3,4 5
import { drop, move, mpsc, select, sleep, thread } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
const first = thread.spawn(
  move(() => {
    let sum = 0
    for (const n of rx) sum += n
    return sum
  }),
)
const second = thread.spawn(() => 2)
const later = Promise.all([thread.spawn(() => 3), thread.spawn(() => 4)])
const last = thread.spawn(() => 5)
tx.send(1)
drop(tx)
while (!second.isFinished()) await select({ late: sleep(1) })
let result: number | undefined
while ((result = last.try()) === undefined) await sleep(1)
console.log(await first, await second, String(await later), result)
