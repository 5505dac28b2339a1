// A property whose key is a symbol cannot cross.
// refused by: run NotSendError
import { mpsc } from 'fearless'

const secret = Symbol('secret')
const [tx, rx] = mpsc.channel<{ n: number }>()
tx.send(Object.assign({ n: 1 }, { [secret]: 2 }))
console.log((await rx.recv()) as { [secret]?: number })
