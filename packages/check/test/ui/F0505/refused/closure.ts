import { drop, mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<string>()
const report = (): void => tx.send('done')
drop(tx)
report()
console.log(rx)
