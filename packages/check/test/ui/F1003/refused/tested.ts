import { mpsc } from 'fearless'

const [tx] = mpsc.channel<number>(2)
if (!tx.send(1)) console.log('nothing was sent')
