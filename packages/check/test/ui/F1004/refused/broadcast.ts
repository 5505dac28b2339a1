import { broadcast, move, thread } from 'fearless'

export async function main() {
  const [tx, rx] = broadcast.channel<number>(8)
  const mine = tx.clone()
  thread.spawn(move(() => mine.send(1)))
  for await (const value of rx) console.log(value)
}
