import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>(2)
const sent = tx.send(1)
let later
later = rx.recv()
