import { broadcast } from 'fearless'

const [tx, rx] = broadcast.channel<string>(4)
tx.subscribe()
tx.send('a')
console.log(await rx.recv())
