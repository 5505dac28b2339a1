import { mpsc, sleep } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
tx.send(1)
const first = await Promise.race([
  rx.recv().then(value => ({ kind: 'message', value })),
  sleep(100).then(() => ({ kind: 'late' })),
  rx.recv().within(10).catch(() => undefined),
])
console.log(first)
