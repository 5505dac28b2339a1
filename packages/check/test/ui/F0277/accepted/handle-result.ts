import { mpsc, thread } from 'fearless'

const handle = thread.spawn(() => mpsc.channel<number>())
const [tx, rx] = await handle.join()
tx.send(1)
console.log(await rx.recv())
