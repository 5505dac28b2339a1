// Not the promise's, or of other things.
import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
const runners = { race: (list: PromiseLike<number>[]): PromiseLike<number>[] => list }
tx.send(1)
await Promise.all(runners.race([rx.recv()]))
tx.send(2)
await Promise.all([rx.recv()])
tx.send(3)
rx.recv().then(console.log, console.error)
rx.recv().finally(() => console.log('a signal came'))
await Promise.race([fetch('data:,x'), new Promise(resolve => setTimeout(resolve, 10))])
