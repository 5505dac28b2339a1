// Threads, tasks and time: a loser takes nothing that another one could want.
import { Barrier, mpsc, oneshot, sleep, task, thread } from 'fearless'

const worker = thread.spawn(() => 1)
const job = task.spawn(async () => 2)
const [, answer] = oneshot.channel<number>()
const [tx] = mpsc.channel<number>(1)
const barrier = new Barrier(2)
console.log(await Promise.race([worker, job, sleep(100), answer.recv(), tx.send(1), barrier.arrive()]))
console.log(await Promise.any([thread.spawn(() => 3).join(), job.join()]))
