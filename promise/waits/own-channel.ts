// An event loop awaits a message that only it could send.
// prints or refused: never
import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
console.log(await rx.recv(), tx.length)
