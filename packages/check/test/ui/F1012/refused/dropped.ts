import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
tx.send(1)
rx.recv().catch(console.error)
void rx.recv().then(undefined, console.error)
