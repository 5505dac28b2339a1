import { broadcast, move, thread } from 'fearless'

const [tx, rx] = broadcast.channel<number>(8)
const next = () => rx.recv().wait()
thread.spawn(move(() => void rx))
tx.send(1)
next()
