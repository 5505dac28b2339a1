import { mpsc, sleep } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
tx.send(1)
const next = rx.recv()
const waits = [next, sleep(100)]
console.log(await Promise.race(waits))
