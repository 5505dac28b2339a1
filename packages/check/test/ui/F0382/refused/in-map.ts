import { move, mpsc, thread } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
const handles = [1, 2, 3].map(n => thread.spawn(move(() => tx.send(n))))
for (const handle of handles) await handle.join()
console.log(rx)
