// A deeply nested part is read after the whole was moved.
// refused by: run MovedError
import { move, thread } from 'fearless'

async function main(): Promise<void> {
  const config = { db: { host: 'localhost', ports: new Map([['main', { n: 5432 }]]) } }
  const port = config.db.ports.get('main')!
  console.log(await thread.spawn(move(() => config.db.host)).join())
  console.log(port.n)
}
await main()
