import { mpsc, move, thread } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
thread.spawn(move(() => console.log(rx.recv().wait())))
tx.send(1)
