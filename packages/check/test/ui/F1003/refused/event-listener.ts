import { EventEmitter } from 'node:events'
import { Mutex } from 'fearless'

const count = new Mutex(0)
const source = new EventEmitter()
source.on('data', () => count.update(n => n + 1))
