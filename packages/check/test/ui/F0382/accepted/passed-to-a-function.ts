import { mpsc } from 'fearless'
import { borrow } from '../../Elsewhere/consume.ts'

const [tx, rx] = mpsc.channel<number>()
borrow(tx)
borrow(tx)
console.log(await rx.recv())
