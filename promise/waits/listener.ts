// A Wait is dropped by a listener.
// refused by: check F1003
import { EventEmitter } from 'node:events'
import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<string>(4)
const source = new EventEmitter()
source.on('line', (line: string) => tx.send(line))
source.emit('line', 'a')
console.log(rx.recv().try())
