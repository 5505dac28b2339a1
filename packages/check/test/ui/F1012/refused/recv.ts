import { mpsc, sleep } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
tx.send(1)
console.log(await Promise.race([rx.recv(), sleep(100)]))
