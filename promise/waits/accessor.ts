// A property that is an accessor cannot cross.
// refused by: run NotSendError
import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<{ n: number }>()
let n = 1
tx.send({
  get n() {
    return n
  },
  set n(value) {
    n = value
  },
})
const got = await rx.recv()
got.n = 5
console.log(n)
