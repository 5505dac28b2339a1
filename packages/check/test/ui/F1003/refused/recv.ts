import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
tx.send(1)
rx.recv()
