import { broadcast, drop, move, thread } from 'fearless'

export async function main() {
  const [tx, rx] = broadcast.channel<number>(8)
  const late = tx.subscribe()
  const mine = tx.clone()
  thread.spawn(move(() => mine.send(1)))
  drop(tx)
  for await (const value of rx) console.log(value)
  for await (const value of late) console.log(value)
}
