import { mpsc, sleep } from 'fearless'

const [tx] = mpsc.channel<number>(2)
declare const ready: boolean
ready && tx.send(1)
ready || sleep(1)
ready ? tx.send(2) : tx.send(3)
;(tx.send(4), console.log(ready))
