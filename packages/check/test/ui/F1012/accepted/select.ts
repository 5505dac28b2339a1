import { mpsc, select, sleep } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
tx.send(1)
console.log(await select({ message: rx.recv(), late: sleep(100) }))
console.log(await rx.recv().within({ ms: 100, signal: AbortSignal.timeout(50) }))
