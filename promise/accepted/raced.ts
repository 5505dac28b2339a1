// Races of waits that take nothing, and of a promise that is kept for the next round.
// prints: 1 2 late 3
import { mpsc, sleep, task, thread } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
const first = await Promise.race([thread.spawn(() => 1), sleep(60_000)])
const second = await Promise.any([task.spawn(async () => 2), sleep(60_000)])
const next = rx.recv().then()
const third = await Promise.race([next, sleep(5).then(() => 'late')])
tx.send(3)
console.log(first, second, third, await next)
process.exit()
