// A listener drops the sender at the end; another sends until then.
// prints: a b
import { EventEmitter } from 'node:events'
import { drop, mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<string>()
const source = new EventEmitter()
source.on('end', () => drop(tx))
source.on('line', (l: string) => tx.send(l))
source.emit('line', 'a')
source.emit('line', 'b')
source.emit('end')
const lines: string[] = []
for await (const line of rx) lines.push(line)
console.log(lines.join(' '))
