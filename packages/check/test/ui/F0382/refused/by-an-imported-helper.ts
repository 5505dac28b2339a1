import { mpsc } from 'fearless'
import { consume } from '../../Elsewhere/consume.ts'

const [tx, rx] = mpsc.channel<number>()
consume(tx)
tx.send(2)
console.log(rx)
