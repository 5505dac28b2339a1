// A part of a constant of the module is read after a thread received a copy of the whole.
// prints: localhost 5432
import { move, thread } from 'fearless'

const config = { db: { host: 'localhost', ports: new Map([['main', { n: 5432 }]]) } }
const port = config.db.ports.get('main')!
console.log(await thread.spawn(move(() => config.db.host)).join(), port.n)
