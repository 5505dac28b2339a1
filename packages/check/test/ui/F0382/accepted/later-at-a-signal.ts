import { drop, mpsc } from 'fearless'
const [tx, rx] = mpsc.channel<string>()
process.on('SIGINT', () => drop(tx))
setInterval(() => tx.send('tick'), 100)
for await (const line of rx) console.log(line)
