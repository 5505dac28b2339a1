import { move, mpsc, thread } from 'fearless'

const [tx, rx] = mpsc.channel<string>()
const tx2 = tx.clone()
thread.spawn(move(() => tx.send('one')))
thread.spawn(move(() => tx2.send('two')))
for await (const received of rx) console.log('got:', received)
