import { mpsc, move, select, sleep, thread } from 'fearless'
const [tx, rx] = mpsc.channel<number>()
const h = thread.spawn(move(() => { sleep(300).wait(); tx.send(5) }))
const r = await select({ a: rx.recv(), b: sleep(5000) })
console.log(r, performance.now())
