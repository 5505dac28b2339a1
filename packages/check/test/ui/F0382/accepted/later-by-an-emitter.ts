import { EventEmitter } from 'node:events'
import { drop, mpsc } from 'fearless'
const [tx, rx] = mpsc.channel<string>()
const source = new EventEmitter()
source.on('end', () => drop(tx))
source.on('line', (l: string) => tx.send(l))
for await (const line of rx) console.log(line)
