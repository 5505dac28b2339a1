import { Rc, mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<Rc<number>>()
tx.send(new Rc(5))
console.log(rx)
