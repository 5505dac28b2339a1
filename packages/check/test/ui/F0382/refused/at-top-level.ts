import { mpsc, thread } from 'fearless'

const data = [1, 2, 3]
const handle = thread.spawn(list => list.reduce((a, b) => a + b, 0), data)
console.log('sum:', await handle.join(), data)
const names = ['a']
const [tx] = mpsc.channel<string[]>()
tx.send(names)
console.log(names)
