import { Rc, move, mpsc, thread } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
const rc = new Rc(1)
const list = [1]
thread.spawn(move(() => tx.send(list.length + rc.value)))
console.log(rx)
